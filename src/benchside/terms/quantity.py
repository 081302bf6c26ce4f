"""Quantities with UCUM units: reading unit codes, comparing dimensions, converting values exactly.

A unit code is parsed by the grammar of UCUM (The Unified Code for Units of Measure, Regenstrief Institute, version 2.1,
sections 2 to 4, case-sensitive codes) into a factor and a vector of dimensions, with exact fractions, so that a
conversion adds no rounding of its own. The units are the subset that a laboratory and a bedside use; an unknown code
is an error, never a guess. Arbitrary units ([IU], {count} of a method) never convert into anything else.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

UCUM_SYSTEM = "http://unitsofmeasure.org"
UNIT_CODE_LENGTH_MAX = 60
CONVERSION_DIGITS = 28
"""Significant digits of a conversion whose exact result has no finite decimal form."""

Dimensions = tuple[tuple[str, int], ...]


class UnitUnknown(ValueError):
    """The unit is not a UCUM code that Benchside knows; correct the code, for example `mg/dL`, `mm[Hg]`, `10*3/uL`."""


class UnitsDiffer(ValueError):
    """The two units do not measure the same kind of thing, so no value can be converted between them."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A parsed unit: value in base units = value * factor + offset. Base: g, m, s, K, mol and arbitrary units."""

    code: str
    factor: Fraction
    dimensions: Dimensions
    offset: Fraction = Fraction(0)

    @property
    def kind(self) -> str:
        """Its dimensions as text: `g1.m-3`; "1" for a pure number."""
        return ".".join(f"{name}{power}" for name, power in self.dimensions) or "1"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured amount. `comparator` is one of `<`, `<=`, `>`, `>=` when only a bound is known, as in FHIR Quantity."""

    value: Decimal
    unit: str
    comparator: str | None = None

    def __post_init__(self) -> None:
        """Refuse comparators FHIR does not have, and values that are not finite."""
        if self.comparator not in (None, "<", "<=", ">", ">="):
            raise ValueError(f"{self.comparator!r} is not a comparator; use <, <=, > or >=.")
        if not self.value.is_finite():
            raise ValueError("A quantity needs a finite number; a special value is a coded result, not a number.")


_PREFIXES = MappingProxyType(
    {
        "T": 12,
        "G": 9,
        "M": 6,
        "k": 3,
        "h": 2,
        "da": 1,
        "d": -1,
        "c": -2,
        "m": -3,
        "u": -6,
        "n": -9,
        "p": -12,
        "f": -15,
    }
)

# Code -> (factor in base units, dimensions, takes a metric prefix). UCUM 2.1 tables 2 to 23.
# One deliberate departure: UCUM makes mol, eq and osm one pure number, so that 10*3/uL would convert to mol/L and
# meq/L to mmol/L. For calcium that is wrong by two; here each is a dimension of its own and such values do not convert.
_ATOMS: MappingProxyType[str, tuple[Fraction, dict[str, int], bool]] = MappingProxyType(
    {
        "1": (Fraction(1), {}, False),
        "10*": (Fraction(10), {}, False),
        "10^": (Fraction(10), {}, False),
        "%": (Fraction(1, 100), {}, False),
        "[ppm]": (Fraction(1, 10**6), {}, False),
        "g": (Fraction(1), {"g": 1}, True),
        "m": (Fraction(1), {"m": 1}, True),
        "s": (Fraction(1), {"s": 1}, True),
        "K": (Fraction(1), {"K": 1}, True),
        "mol": (Fraction(1), {"mol": 1}, True),
        "eq": (Fraction(1), {"eq": 1}, True),
        "osm": (Fraction(1), {"osm": 1}, True),
        "L": (Fraction(1, 1000), {"m": 3}, True),
        "l": (Fraction(1, 1000), {"m": 3}, True),
        "min": (Fraction(60), {"s": 1}, False),
        "h": (Fraction(3600), {"s": 1}, False),
        "d": (Fraction(86400), {"s": 1}, False),
        "wk": (Fraction(7 * 86400), {"s": 1}, False),
        "mo": (Fraction(31557600, 12), {"s": 1}, False),
        "a": (Fraction(31557600), {"s": 1}, False),
        "Hz": (Fraction(1), {"s": -1}, True),
        "Pa": (Fraction(1000), {"g": 1, "m": -1, "s": -2}, True),
        "bar": (Fraction(10**8), {"g": 1, "m": -1, "s": -2}, True),
        "m[Hg]": (Fraction(133322000), {"g": 1, "m": -1, "s": -2}, True),
        "V": (Fraction(1000), {"g": 1, "m": 2, "s": -2, "C": -1}, True),
        "U": (Fraction(1, 60 * 10**6), {"mol": 1, "s": -1}, True),
        "kat": (Fraction(1), {"mol": 1, "s": -1}, True),
        "[IU]": (Fraction(1), {"[IU]": 1}, True),
        "[iU]": (Fraction(1), {"[IU]": 1}, True),
        "[pH]": (Fraction(1), {"[pH]": 1}, False),
        "[HPF]": (Fraction(1), {"[HPF]": 1}, False),
        "[LPF]": (Fraction(1), {"[LPF]": 1}, False),
        "[CFU]": (Fraction(1), {"[CFU]": 1}, True),
        "[lb_av]": (Fraction(45359237, 100000), {"g": 1}, False),
        "[oz_av]": (Fraction(45359237, 1600000), {"g": 1}, False),
        "[in_i]": (Fraction(254, 10000), {"m": 1}, False),
        "[ft_i]": (Fraction(3048, 10000), {"m": 1}, False),
        "[drp]": (Fraction(1, 20 * 10**6), {"m": 3}, False),
    }
)

# Special units of UCUM that laboratories use: base value = value * factor + offset (kelvin).
_SPECIAL: MappingProxyType[str, tuple[Fraction, Fraction]] = MappingProxyType(
    {
        "Cel": (Fraction(1), Fraction(27315, 100)),
        "[degF]": (Fraction(5, 9), Fraction(45967, 100) * Fraction(5, 9)),
    }
)

_ANNOTATION = re.compile(r"\{[\x21-\x7a\x7c\x7e]*\}")
_COMPONENT = re.compile(r"(?P<atom>10[*^]|%|\d+|[A-Za-z]+(?:\[[^\[\]{}]+\])?|\[[^\[\]{}]+\])(?P<exponent>[+-]?\d+)?$")
_TOKEN = re.compile(r"[./]|(?:\{[^{}]*\}|[^./{}])+")


def _atom(code: str, whole: str) -> tuple[Fraction, dict[str, int]]:
    known = _ATOMS.get(code)
    if known is not None:
        return known[0], known[1]
    for length in (1, 2):
        prefix, rest = code[:length], code[length:]
        power, base = _PREFIXES.get(prefix), _ATOMS.get(rest)
        if power is not None and base is not None and base[2]:
            return base[0] * Fraction(10) ** power, base[1]
    if code.isascii() and code.isdigit() and int(code) > 0:
        return Fraction(int(code)), {}
    raise UnitUnknown(f"{whole!r} is not a UCUM unit known here (at {code!r}); for example mg/dL, mm[Hg], 10*3/uL.")


def _component(text: str, whole: str) -> tuple[Fraction, dict[str, int]]:
    bare = _ANNOTATION.sub("", text)
    if not bare and text:
        return Fraction(1), {}  # An annotation alone is the unit 1: UCUM section 2.3, rule 6.
    match = _COMPONENT.match(bare)
    if match is None or not match["atom"]:
        raise UnitUnknown(f"{whole!r} is not a UCUM unit (at {text!r}).")
    factor, dimensions = _atom(match["atom"], whole)
    exponent = int(match["exponent"] or 1)
    if abs(exponent) > 30:
        raise UnitUnknown(f"{whole!r}: the exponent {exponent} is beyond the limit of 30.")
    return factor**exponent, {name: power * exponent for name, power in dimensions.items()}


@lru_cache(maxsize=512)
def parse_unit(code: str) -> Unit:
    """Parse a UCUM unit code. Raises UnitUnknown, with what was not understood."""
    if not code or len(code) > UNIT_CODE_LENGTH_MAX:
        raise UnitUnknown(f"A unit code has 1 to {UNIT_CODE_LENGTH_MAX} characters.")
    if code in _SPECIAL:
        factor, offset = _SPECIAL[code]
        return Unit(code, factor, (("K", 1),), offset)
    factor, dimensions = Fraction(1), dict[str, int]()
    sign, after_operator = 1, False
    tokens: list[str] = _TOKEN.findall(code)
    if "".join(tokens) != code:
        raise UnitUnknown(f"{code!r} is not a UCUM unit: a brace stands alone.")
    for position, piece in enumerate(tokens):
        if piece in {".", "/"}:
            if after_operator or (position == 0 and piece == "."):
                raise UnitUnknown(f"{code!r} is not a UCUM unit: two operators meet.")
            sign, after_operator = (-1 if piece == "/" else 1), True
            continue
        part, powers = _component(piece, code)
        factor *= part**sign
        for name, power in powers.items():
            dimensions[name] = dimensions.get(name, 0) + power * sign
        sign, after_operator = 1, False
    if after_operator:
        raise UnitUnknown(f"{code!r} is not a UCUM unit: it ends with an operator.")
    return Unit(code, factor, tuple(sorted((name, power) for name, power in dimensions.items() if power)))


def is_unit(code: str) -> bool:
    """Whether `code` is a UCUM code that Benchside can read."""
    try:
        parse_unit(code)
    except UnitUnknown:
        return False
    return True


def commensurable(one: str, other: str) -> bool:
    """Whether values in these two units can be converted into each other."""
    return parse_unit(one).dimensions == parse_unit(other).dimensions


def _to_decimal(value: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = CONVERSION_DIGITS
        return (Decimal(value.numerator) / Decimal(value.denominator)).normalize()


# fmt: off
USUAL_UNITS = (
    "mg/dL", "g/dL", "g/L", "ng/mL", "mmol/L", "umol/L", "U/L", "%", "{score}", "10*3/uL", "10*6/uL", "fL",
    "pg", "mm[Hg]", "Cel", "cm", "kg", "kg/m2", "/min", "mL/min", "mL/min/{1.73_m2}", "mL", "g", "s", "min",
)
# fmt: on
"""Units in which most results and vital signs come: a search index need not keep such values in base units as well."""


@lru_cache(maxsize=64)
def usual_units(kind: str) -> tuple[Unit, ...]:
    """The usual units that measure the same kind of thing (`Unit.kind`)."""
    return tuple(unit for code in USUAL_UNITS if (unit := parse_unit(code)).kind == kind)


@lru_cache(maxsize=20_000)
def canonical(value: Decimal | Fraction, unit: str) -> tuple[Fraction, str] | None:
    """`value` in base units, exactly, and a name for what is measured (equal for commensurable units); None for an unknown unit."""
    try:
        parsed = parse_unit(unit)
    except UnitUnknown:
        return None
    return Fraction(value) * parsed.factor + parsed.offset, parsed.kind


def convert(value: Decimal, unit: str, target: str, *, molar_mass_g_per_mol: Decimal | None = None) -> Decimal:
    """Convert `value` from `unit` to `target`, exactly where the result is a finite decimal.

    Between mass and amount of substance (`mg/dL`, `mmol/L`) the molar mass of the substance is needed; it must come
    from a source, so it is never guessed. Raises UnitUnknown and UnitsDiffer. The result is not rounded to a test's
    decimals: see `rounded`.
    """
    if unit == target:
        return value
    source, goal = parse_unit(unit), parse_unit(target)
    base = Fraction(value) * source.factor + source.offset
    if source.dimensions != goal.dimensions:
        base *= _mass_bridge(source, goal, molar_mass_g_per_mol)
    return _to_decimal((base - goal.offset) / goal.factor)


def _mass_bridge(source: Unit, goal: Unit, molar_mass_g_per_mol: Decimal | None) -> Fraction:
    difference = dict(source.dimensions)
    for name, power in goal.dimensions:
        difference[name] = difference.get(name, 0) - power
    difference = {name: power for name, power in difference.items() if power}
    to_amount, to_mass = {"g": 1, "mol": -1}, {"g": -1, "mol": 1}
    if molar_mass_g_per_mol is None or molar_mass_g_per_mol <= 0 or difference not in (to_amount, to_mass):
        raise UnitsDiffer(f"{source.code} and {goal.code} measure different kinds of things.")
    grams_per_mol = Fraction(molar_mass_g_per_mol)
    return 1 / grams_per_mol if difference == to_amount else grams_per_mol


def convert_quantity(quantity: Quantity, target: str, *, molar_mass_g_per_mol: Decimal | None = None) -> Quantity:
    """Convert a quantity; its comparator stays, since every unit here grows with the value. Errors as `convert`."""
    value = convert(quantity.value, quantity.unit, target, molar_mass_g_per_mol=molar_mass_g_per_mol)
    return Quantity(value, target, quantity.comparator)


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Round half away from zero to `decimals` places and keep them: 4.1 with two is 4.10. Limit: 0 to 12 places."""
    if not 0 <= decimals <= 12:
        raise ValueError("A result has 0 to 12 decimals.")
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def decimals_of(value: Decimal) -> int:
    """How many decimals the value was written with: 4.10 has two."""
    if not value.is_finite():
        raise ValueError("Only a finite number has decimals.")
    return max(0, -int(value.as_tuple().exponent))
