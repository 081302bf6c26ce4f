"""Random searches over the vocabulary of `random_records`."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.fhir.search.naive import IMPLICIT_SYSTEMS
from tests.fhir.search.random_records import CANONICALS, CODES, DATES, NUMBERS, SYSTEMS, UCUM, UNITS, URLS, VALUE_SETS, WORDS, Pairs

PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")


def escaped(text: str) -> str:
    """`text` as a value of a search."""
    for character in "\\,|$":
        text = text.replace(character, f"\\{character}")
    return text


def tokens(codes: tuple[str, ...] = CODES, systems: tuple[str, ...] = SYSTEMS) -> SearchStrategy[str]:
    """A token in any of its forms."""
    code, system = st.sampled_from(codes), st.sampled_from(systems)
    return st.one_of(
        code,
        st.tuples(system, code).map("|".join),
        system.map(lambda text: f"{text}|"),
        code.map(lambda text: f"|{text}"),
    )


WHOLE_TOKENS = st.one_of(st.sampled_from(CODES), st.tuples(st.sampled_from(SYSTEMS), st.sampled_from(CODES)).map("|".join))
DATE_VALUES = st.tuples(st.sampled_from(PREFIXES), st.sampled_from((*DATES, "2020-04", "1970", "1970-05-17"))).map("".join)
NUMBER_VALUES = st.tuples(st.sampled_from((*PREFIXES, "ap")), st.sampled_from(NUMBERS)).map("".join)
TEXTS = st.sampled_from((*WORDS, "an", "N", "nunez", "cruz", "100%", "a_", "smith")).map(escaped)


@st.composite
def quantity_values(draw: DrawFn) -> str:
    """A quantity in any of its forms."""
    number = draw(NUMBER_VALUES)
    code, unit = draw(st.sampled_from(UNITS))
    return draw(st.sampled_from([number, f"{number}|{UCUM}|{code}", f"{number}||{code}", f"{number}||{unit}"]))


def ucum_values() -> SearchStrategy[str]:
    """A quantity in a UCUM unit."""
    return st.tuples(NUMBER_VALUES, st.sampled_from([code for code, _ in UNITS])).map(lambda pair: f"{pair[0]}|{UCUM}|{pair[1]}")


def one_or_two(strategy: SearchStrategy[str]) -> SearchStrategy[str]:
    """One value, or two of which one must do."""
    return st.lists(strategy, min_size=1, max_size=2).map(",".join)


MISSING = st.sampled_from(["true", "false"])


def token_filters(code: str, values: SearchStrategy[str] | None = None, *, text: bool = True) -> SearchStrategy[tuple[str, str]]:
    """Filters of a token parameter, with its modifiers."""
    wanted = one_or_two(values if values is not None else tokens())
    forms = [st.tuples(st.just(code), wanted), st.tuples(st.just(f"{code}:not"), wanted), st.tuples(st.just(f"{code}:missing"), MISSING)]
    if text:
        forms.append(st.tuples(st.just(f"{code}:text"), one_or_two(TEXTS)))
        forms.append(st.tuples(st.sampled_from([f"{code}:in", f"{code}:not-in"]), st.sampled_from(sorted(VALUE_SETS))))
    return st.one_of(forms)


def code_filters(resource_type: str, code: str, codes: tuple[str, ...]) -> SearchStrategy[tuple[str, str]]:
    """Filters of an element of type code, whose system is implied."""
    system = IMPLICIT_SYSTEMS[resource_type, code]
    values = st.sampled_from(
        [*codes, codes[0].upper(), f"{system}|{codes[0].upper()}", *(f"{system}|{each}" for each in codes), f"{SYSTEMS[0]}|{codes[0]}"]
    )
    return token_filters(code, values, text=False)


def string_filters(code: str) -> SearchStrategy[tuple[str, str]]:
    """Filters of a string parameter, with its modifiers."""
    name = st.sampled_from([code, f"{code}:exact", f"{code}:contains"])
    return st.one_of(st.tuples(name, one_or_two(TEXTS)), st.tuples(st.just(f"{code}:missing"), MISSING))


def date_filters(code: str) -> SearchStrategy[tuple[str, str]]:
    """Filters of a date parameter."""
    return st.one_of(st.tuples(st.just(code), one_or_two(DATE_VALUES)), st.tuples(st.just(f"{code}:missing"), MISSING))


def quantity_filters(code: str) -> SearchStrategy[tuple[str, str]]:
    """Filters of a quantity parameter."""
    return st.one_of(st.tuples(st.just(code), one_or_two(quantity_values())), st.tuples(st.just(f"{code}:missing"), MISSING))


def reference_filters(code: str, *targets: str) -> SearchStrategy[tuple[str, str]]:
    """Filters of a reference parameter to types named by their first letter and a number."""
    whole = st.sampled_from([f"{target}/{target[0].lower()}{number}" for target in targets for number in range(3)])
    bare = whole.map(lambda text: text.partition("/")[2])
    typed = whole.map(lambda text: (f"{code}:{text.partition('/')[0]}", text.partition("/")[2]))
    return st.one_of(st.tuples(st.just(code), one_or_two(st.one_of(whole, bare))), typed, st.tuples(st.just(f"{code}:missing"), MISSING))


def hierarchy_filters(code: str, target: str) -> SearchStrategy[tuple[str, str]]:
    """Filters of a reference parameter by what is above or below a resource."""
    whole = st.sampled_from([f"{target}/{target[0].lower()}{number}" for number in range(3)])
    value = st.one_of(whole, whole.map(lambda text: text.partition("/")[2]))
    return st.tuples(st.sampled_from([f"{code}:above", f"{code}:below"]), one_or_two(value))


def identifier_filters(code: str = "identifier") -> SearchStrategy[tuple[str, str]]:
    """Filters of an Identifier, by its type as well."""
    typed = st.tuples(st.sampled_from(["MR", "PI"]), st.sampled_from(["1", "22"])).map(lambda pair: f"{SYSTEMS[1]}|{pair[0]}|{pair[1]}")
    return st.one_of(token_filters(code, tokens(("1", "22", "22a", "22A")), text=False), st.tuples(st.just(f"{code}:of-type"), typed))


def composites() -> SearchStrategy[tuple[str, str]]:
    """Filters of Observation's composites."""
    kinds = {
        "quantity": quantity_values(),
        "concept": WHOLE_TOKENS,
    }
    names = {
        **{f"{prefix}code-value-{kind}": values for prefix in ("", "component-", "combo-") for kind, values in kinds.items()},
        "code-value-string": TEXTS,
        "code-value-date": DATE_VALUES,
    }
    return st.one_of([st.tuples(st.just(name), st.tuples(WHOLE_TOKENS, values).map("$".join)) for name, values in names.items()])


LOCATION = st.one_of(string_filters("name"), reference_filters("partof", "Location"), hierarchy_filters("partof", "Location"))
ACTIVITY_DEFINITION = st.one_of(
    token_filters("status", st.sampled_from(["draft", "active"]), text=False),
    st.tuples(st.just("url"), st.sampled_from(CANONICALS[:1])),
    token_filters("version", st.sampled_from(["1", "1.1"]), text=False),
)
PATIENT = st.one_of(
    string_filters("name"),
    string_filters("family"),
    string_filters("given"),
    string_filters("address"),
    string_filters("address-city"),
    code_filters("Patient", "gender", ("male", "female", "unknown")),
    identifier_filters(),
    date_filters("birthdate"),
    date_filters("death-date"),
    token_filters("active", st.sampled_from(["true", "false"]), text=False),
    token_filters("deceased", st.sampled_from(["true", "false"]), text=False).filter(lambda pair: not pair[0].endswith(":missing")),
    token_filters("telecom", st.sampled_from(["555", "a@b.c", "phone|555"]), text=False),
    token_filters("email", st.sampled_from(["555", "a@b.c"]), text=False),
    reference_filters("general-practitioner", "Practitioner", "Organization"),
    reference_filters("organization", "Organization"),
    hierarchy_filters("organization", "Organization"),
    st.tuples(st.just("_id"), one_or_two(st.sampled_from(["p0", "p1", "p2", "x"]))),
)
OBSERVATION = st.one_of(
    token_filters("code"),
    token_filters("category"),
    token_filters("combo-code"),
    token_filters("component-code"),
    token_filters("value-concept"),
    token_filters("combo-value-concept"),
    code_filters("Observation", "status", ("final", "amended")),
    identifier_filters(),
    date_filters("date"),
    date_filters("value-date"),
    string_filters("value-string"),
    quantity_filters("value-quantity"),
    quantity_filters("component-value-quantity"),
    quantity_filters("combo-value-quantity"),
    reference_filters("subject", "Patient"),
    reference_filters("patient", "Patient"),
    reference_filters("encounter", "Encounter"),
    reference_filters("performer", "Practitioner", "Organization"),
    hierarchy_filters("encounter", "Encounter"),
    hierarchy_filters("performer", "Organization"),
    composites(),
)
ENCOUNTER = st.one_of(
    code_filters("Encounter", "status", ("planned", "finished")),
    token_filters("class", st.sampled_from(["AMB", "amb", "IMP", "http://terminology.hl7.org/CodeSystem/v3-ActCode|AMB"]), text=False),
    token_filters("type"),
    date_filters("date"),
    quantity_filters("length"),
    reference_filters("patient", "Patient"),
    reference_filters("practitioner", "Practitioner"),
    reference_filters("service-provider", "Organization"),
    hierarchy_filters("service-provider", "Organization"),
    hierarchy_filters("part-of", "Encounter"),
    hierarchy_filters("location", "Location"),
    reference_filters("location", "Location"),
)
SERVICE_REQUEST = st.one_of(
    code_filters("ServiceRequest", "status", ("active", "completed")),
    code_filters("ServiceRequest", "intent", ("order", "plan")),
    token_filters("code"),
    identifier_filters("requisition"),
    date_filters("authored"),
    date_filters("occurrence"),
    reference_filters("patient", "Patient"),
    reference_filters("requester", "Practitioner", "Organization"),
    st.tuples(st.sampled_from(["instantiates-uri", "instantiates-uri:below", "instantiates-uri:above"]), st.sampled_from(URLS[:3])),
    st.tuples(st.sampled_from(["instantiates-canonical", "instantiates-canonical:below"]), st.sampled_from(CANONICALS)),
)
PRACTITIONER = st.one_of(string_filters("name"), identifier_filters(), code_filters("Practitioner", "gender", ("male", "female")))
ORGANIZATION = st.one_of(
    string_filters("name"), identifier_filters(), reference_filters("partof", "Organization"), hierarchy_filters("partof", "Organization")
)

FILTERS = {
    "Patient": PATIENT,
    "Observation": OBSERVATION,
    "Encounter": ENCOUNTER,
    "ServiceRequest": SERVICE_REQUEST,
    "Practitioner": PRACTITIONER,
    "Organization": ORGANIZATION,
    "Location": LOCATION,
    "ActivityDefinition": ACTIVITY_DEFINITION,
}
"""Filters by the type they are of."""


def _chained(prefix: str, filters: SearchStrategy[tuple[str, str]]) -> SearchStrategy[tuple[str, str]]:
    return filters.map(lambda pair: (f"{prefix}{pair[0]}", pair[1]))


CHAINS = {
    "Observation": st.one_of(
        _chained("subject:Patient.", PATIENT),
        _chained("patient.", PATIENT),
        _chained("encounter.", ENCOUNTER),
        _chained("patient.organization.", ORGANIZATION),
        _chained("performer:Practitioner.", PRACTITIONER),
        _chained("performer:Organization.partof.", ORGANIZATION),
        _chained("patient.general-practitioner:Practitioner.", PRACTITIONER),
        _chained("encounter.patient.", PATIENT),
    ),
    "Patient": st.one_of(
        _chained("organization.", ORGANIZATION),
        _chained("_has:Observation:patient:", OBSERVATION),
        _chained("_has:ServiceRequest:subject:", SERVICE_REQUEST),
        _chained("_has:Encounter:patient:service-provider.", ORGANIZATION),
        _chained("_has:Encounter:patient:_has:Observation:encounter:", OBSERVATION),
    ),
    "Encounter": st.one_of(
        _chained("patient.", PATIENT),
        _chained("_has:Observation:encounter:", OBSERVATION),
        _chained("service-provider.partof.", ORGANIZATION),
    ),
    "ServiceRequest": st.one_of(
        _chained("patient.", PATIENT),
        _chained("requester:Organization.", ORGANIZATION),
        _chained("instantiates-canonical:ActivityDefinition.", ACTIVITY_DEFINITION),
        _chained("instantiates-canonical.", ACTIVITY_DEFINITION),
    ),
    "Location": st.one_of(_chained("partof.", LOCATION), _chained("_has:Encounter:location:", ENCOUNTER)),
    "ActivityDefinition": _chained("_has:ServiceRequest:instantiates-canonical:", SERVICE_REQUEST),
    "Practitioner": _chained("_has:Observation:performer:", OBSERVATION),
    "Organization": st.one_of(_chained("partof.", ORGANIZATION), _chained("_has:Patient:organization:", PATIENT)),
}
"""Chains and `_has` by the type they are of."""

SORTS = {
    "Patient": ("birthdate", "family", "gender", "_id"),
    "Observation": ("date", "status", "value-quantity", "value-string", "_id"),
    "Encounter": ("date", "status", "length", "_id"),
    "ServiceRequest": ("authored", "status", "_id"),
    "Practitioner": ("name", "_id"),
    "Organization": ("name", "_id"),
}
"""Parameters to sort by."""


@st.composite
def searches(draw: DrawFn) -> tuple[str, Pairs]:
    """A type, and one to three filters on it."""
    resource_type = draw(st.sampled_from(sorted(FILTERS)))
    count = draw(st.sampled_from([1, 1, 1, 2, 3]))
    return resource_type, tuple(
        draw(draw(st.sampled_from([FILTERS[resource_type], FILTERS[resource_type], CHAINS[resource_type]]))) for _ in range(count)
    )


SUBTLE = {
    "Observation": st.one_of(
        hierarchy_filters("encounter", "Encounter"),
        hierarchy_filters("performer", "Organization"),
        st.tuples(st.sampled_from(["value-quantity", "combo-value-quantity"]), ucum_values()),
        st.tuples(
            st.sampled_from(["code-value-quantity", "combo-code-value-quantity"]), st.tuples(WHOLE_TOKENS, ucum_values()).map("$".join)
        ),
        st.tuples(st.just("combo-code-value-quantity"), st.tuples(st.sampled_from(SYSTEMS), quantity_values()).map("|$".join)),
        st.tuples(st.just("code-value-concept"), st.tuples(st.sampled_from(SYSTEMS), tokens()).map("|$".join)),
        st.tuples(st.sampled_from(["code", "code:not", "combo-code"]), tokens(("A1", "a1"))),
        st.tuples(
            st.just("code-value-concept"),
            st.tuples(st.sampled_from(["A1", "a1", f"{SYSTEMS[2]}|A1", f"{SYSTEMS[1]}|A1"]), WHOLE_TOKENS).map("$".join),
        ),
    ),
    "Encounter": st.one_of(
        hierarchy_filters("part-of", "Encounter"),
        hierarchy_filters("location", "Location"),
        hierarchy_filters("service-provider", "Organization"),
        st.tuples(st.just("class"), st.sampled_from(["AMB", "amb"])),
        st.tuples(st.just("length"), st.sampled_from(["1|h", "gt0.01|h", "le1|h"]).map(lambda text: text.replace("|", f"|{UCUM}|"))),
    ),
    "Location": hierarchy_filters("partof", "Location"),
    "Organization": hierarchy_filters("partof", "Organization"),
    "ServiceRequest": st.one_of(
        _chained("instantiates-canonical:ActivityDefinition.", ACTIVITY_DEFINITION),
        st.tuples(st.just("instantiates-canonical:below"), st.sampled_from(CANONICALS)),
    ),
    "ActivityDefinition": _chained(
        "_has:ServiceRequest:instantiates-canonical:", code_filters("ServiceRequest", "status", ("active", "completed"))
    ),
}
"""What is easily got wrong, by itself: hierarchies, units, case, versions of canonical urls."""


@st.composite
def subtle_searches(draw: DrawFn) -> tuple[str, Pairs]:
    """A type and one filter of SUBTLE, half of them on Observations and Encounters."""
    resource_type = draw(st.sampled_from([*sorted(SUBTLE), "Observation", "Observation", "Encounter", "ServiceRequest"]))
    return resource_type, (draw(SUBTLE[resource_type]),)


@st.composite
def sorts(draw: DrawFn, resource_type: str) -> str:
    """A value of `_sort`."""
    keys = draw(st.lists(st.sampled_from(SORTS[resource_type]), min_size=1, max_size=2, unique=True))
    return ",".join(draw(st.sampled_from(["", "-"])) + key for key in keys)
