"""Read FHIRPath text into its parts.

An operator-precedence parser over one regular expression of tokens. Source: http://hl7.org/fhirpath/N1, section
"Operator precedence" and the formal grammar.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from benchside.fhir.fhirpath.syntax import (
    Call,
    Constant,
    EmptySet,
    Expression,
    FHIRPathError,
    Index,
    Literal,
    Member,
    Operation,
    Polarity,
    QuantityLiteral,
    This,
    TypeOperation,
    depth,
)

EXPRESSION_LENGTH_MAX: Final = 10_000
"""Characters of one expression; longer ones are refused."""

NESTING_MAX: Final = 50
"""Parentheses in each other; more are refused."""

DEPTH_MAX: Final = 150
"""Levels of one expression, steps of a path counted too; deeper ones are refused."""

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
    | (?P<datetime>@\d{4}(-\d{2}(-\d{2})?)?T(\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?)?)
    | (?P<date>@\d{4}(-\d{2}(-\d{2})?)?)
    | (?P<time>@T\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?)
    | (?P<number>\d+(\.\d+)?)
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<delimited>`(?:[^`\\]|\\.)*`)
    | (?P<constant>%(?:[A-Za-z_][A-Za-z0-9_-]*|`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'))
    | (?P<this>\$(?:this|index|total)\b)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<operator><=|>=|!=|!~|[-+*/&|<>=~.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)

_PRECEDENCE: Final = {
    "implies": 1,
    "or": 2,
    "xor": 2,
    "and": 3,
    "in": 4,
    "contains": 4,
    "=": 5,
    "~": 5,
    "!=": 5,
    "!~": 5,
    "<": 6,
    "<=": 6,
    ">": 6,
    ">=": 6,
    "|": 7,
    "is": 8,
    "as": 8,
    "+": 9,
    "-": 9,
    "&": 9,
    "*": 10,
    "/": 10,
    "div": 10,
    "mod": 10,
}
"""Binding strength of the binary operators; a higher one binds tighter. All are left-associative."""

_POLARITY_PRECEDENCE: Final = 11
_CALENDAR_UNITS: Final = frozenset(
    unit + plural for unit in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond") for plural in ("", "s")
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, text)


@lru_cache(maxsize=4096)
def parse(expression: str) -> Expression:
    """Read `expression`; raises FHIRPathError with the place of the first fault.

    At most EXPRESSION_LENGTH_MAX characters, NESTING_MAX parentheses in each other and DEPTH_MAX levels.
    """
    if len(expression) > EXPRESSION_LENGTH_MAX:
        raise FHIRPathError(f"A FHIRPath expression may have {EXPRESSION_LENGTH_MAX} characters; this has {len(expression)}.")
    return _Parser(expression).whole()


class _Parser:
    """One pass over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        self._next = 0
        self._depth = 0
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise FHIRPathError(f"Not FHIRPath at character {place + 1}: {text[place : place + 20]!r}.")
            if match.lastgroup != "space":
                self._tokens.append((match.lastgroup, match.group(), place))
            place = match.end()
        self._tokens.append(("end", "", len(text)))

    def whole(self) -> Expression:
        expression = self._expression(0)
        kind, text, place = self._tokens[self._next]
        if kind != "end":
            raise FHIRPathError(f"Unexpected {text!r} at character {place + 1} of {self._text!r}.")
        if depth(expression) > DEPTH_MAX:
            raise FHIRPathError(f"A FHIRPath expression may be {DEPTH_MAX} steps deep.")
        return expression

    def _take(self) -> tuple[str, str, int]:
        token = self._tokens[self._next]
        if token[0] != "end":
            self._next += 1
        return token

    def _expect(self, operator: str) -> None:
        kind, text, place = self._take()
        if kind != "operator" or text != operator:
            found = repr(text) if text else "the end"
            raise FHIRPathError(f"Expected {operator!r} at character {place + 1} of {self._text!r}, found {found}.")

    def _at(self, operator: str) -> bool:
        kind, text, _ = self._tokens[self._next]
        return kind == "operator" and text == operator

    def _expression(self, strength: int) -> Expression:
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise FHIRPathError(f"A FHIRPath expression may nest {NESTING_MAX} levels deep.")
        left = self._operand()
        while True:
            kind, operator, _ = self._tokens[self._next]
            binding = _PRECEDENCE.get(operator, 0) if kind in ("operator", "word") else 0
            if binding <= strength:
                break
            self._next += 1
            if operator in ("is", "as"):
                left = TypeOperation(operator, left, self._type())
            else:
                left = Operation(operator, left, self._expression(binding))
        self._depth -= 1
        return left

    def _operand(self) -> Expression:
        kind, text, _ = self._tokens[self._next]
        if kind == "operator" and text in "+-":
            self._next += 1
            return Polarity(text, self._expression(_POLARITY_PRECEDENCE))
        expression = self._term()
        while True:
            if self._at("."):
                self._next += 1
                expression = self._invocation(expression)
            elif self._at("["):
                self._next += 1
                expression = Index(expression, self._expression(0))
                self._expect("]")
            else:
                return expression

    def _term(self) -> Expression:
        kind, text, place = self._tokens[self._next]
        if kind in ("word", "delimited"):
            if text in ("true", "false"):
                self._next += 1
                return Literal(text == "true", "Boolean")
            return self._invocation(None)
        self._next += 1
        if kind == "operator" and text == "(":
            inner = self._expression(0)
            self._expect(")")
            return inner
        if kind == "operator" and text == "{":
            self._expect("}")
            return EmptySet()
        if kind == "number":
            return self._number(text)
        literal = self._literal(kind, text)
        if literal is None:
            found = repr(text) if text else "the end"
            raise FHIRPathError(f"Unexpected {found} at character {place + 1} of {self._text!r}.")
        return literal

    @staticmethod
    def _literal(kind: str, text: str) -> Expression | None:
        if kind == "string":
            return Literal(_unescape(text[1:-1]), "String")
        if kind == "datetime":
            return Literal(text[1:].removesuffix("T"), "DateTime")
        if kind == "date":
            return Literal(text[1:], "Date")
        if kind == "time":
            return Literal(text[2:], "Time")
        if kind == "this":
            return This(text)
        if kind == "constant":
            name = text[1:]
            return Constant(_unescape(name[1:-1]) if name[0] in "`'" else name)
        return None

    def _number(self, text: str) -> Expression:
        kind, unit, _ = self._tokens[self._next]
        if kind == "string":
            self._next += 1
            return QuantityLiteral(Decimal(text), _unescape(unit[1:-1]))
        if kind == "word" and unit in _CALENDAR_UNITS:
            self._next += 1
            return QuantityLiteral(Decimal(text), unit)
        if "." in text:
            return Literal(Decimal(text), "Decimal")
        return Literal(int(text), "Integer")

    def _name(self) -> str:
        kind, text, place = self._take()
        if kind == "word":
            return text
        if kind == "delimited":
            return _unescape(text[1:-1])
        found = repr(text) if text else "the end"
        raise FHIRPathError(f"Expected a name at character {place + 1} of {self._text!r}, found {found}.")

    def _invocation(self, target: Expression | None) -> Expression:
        if self._tokens[self._next][0] == "this":
            return This(self._take()[1])
        name = self._name()
        if not self._at("("):
            return Member(target, name)
        self._next += 1
        arguments: list[Expression] = []
        if not self._at(")"):
            arguments.append(self._expression(0))
            while self._at(","):
                self._next += 1
                arguments.append(self._expression(0))
        self._expect(")")
        return Call(target, name, tuple(arguments))

    def _type(self) -> str:
        name = self._name()
        if self._at("."):
            self._next += 1
            name = self._name()
        return name
