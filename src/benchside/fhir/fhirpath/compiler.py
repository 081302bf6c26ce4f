"""Write FHIRPath as Python over the R4 structs, for the expressions that are known beforehand.

Types and cardinalities are known from the definitions, so `value.exists()` becomes a few `is not None`. A part that
this compiler does not know (`descendants()`, `resolve()` ...) is left to the evaluator, as a call of `runtime`: every
expression compiles, and means the same as `evaluate`.
"""

from __future__ import annotations

from typing import Final

from benchside.fhir.fhirpath.compiled import Choice, Compiled, Many, One, Truth, head, kind, negated
from benchside.fhir.fhirpath.evaluation import CONSTANTS
from benchside.fhir.fhirpath.model import TypeModel, companion_name
from benchside.fhir.fhirpath.node import BOOLEAN_TYPES, STRING_TYPES
from benchside.fhir.fhirpath.parser import parse
from benchside.fhir.fhirpath.syntax import (
    Call,
    Constant,
    EmptySet,
    Expression,
    Index,
    Literal,
    Member,
    Operation,
    This,
    TypeOperation,
    text,
)

RUNTIME_NAMES: Final = ("compare_dates", "matches", "narrative_allowed", "quantity_order", "truth_of")
"""What generated source uses from `benchside.fhir.fhirpath.runtime`."""

_LITERAL_TYPES: Final = ("String", "Integer", "Decimal", "Boolean")
_ORDERS: Final = {"<": "< 0", "<=": "<= 0", ">": "> 0", ">=": ">= 0"}


class NotCompilableError(Exception):
    """This part of the expression is left to the evaluator."""


def compile_function(expression: str, type_name: str, model: TypeModel, name: str) -> str:
    """Python source of `def name(this, resource, root)` that says whether `expression` holds for `this`.

    `this` is a struct (or primitive) of `type_name`, `resource` the resource it is in, `root` the outermost one. The
    function returns True, False, or None when FHIRPath gives the empty collection. The source needs RUNTIME_NAMES.
    """
    writer = _Writer(model, type_name, resource_type=type_name if model.is_resource(type_name) else None)
    result = writer.truth(parse(expression))
    body = "\n".join(f"    {line}" for line in [*writer.lines, f"return {result.source}"])
    return f"def {name}(this, resource, root):\n{body}\n"


class _Writer:
    """Writes the body of one function; a criterion of `where` becomes a function inside it."""

    def __init__(
        self,
        model: TypeModel,
        type_name: str,
        this: str = "this",
        *,
        resource_type: str | None = None,
        count: list[int] | None = None,
    ) -> None:
        self._model = model
        self._resource_type = resource_type
        self._type = type_name
        self._this = this
        self._count = count if count is not None else [0]
        self.lines: list[str] = []

    def _name(self, prefix: str) -> str:
        self._count[0] += 1
        return f"{prefix}{self._count[0]}"

    def _hold(self, source: str) -> str:
        name = self._name("v")
        self.lines.append(f"{name} = {source}")
        return name

    # Truth

    def truth(self, expression: Expression) -> Truth:
        """Compile to a Boolean, leaving to the evaluator what cannot be compiled."""
        before = len(self.lines)
        try:
            return self._truth(expression)
        except NotCompilableError:
            del self.lines[before:]
            asked = f"truth_of({text(expression)!r}, {self._type!r}, {self._this}, resource, root)"
            first = head(expression)
            child = self._model.children.get(self._type, {}).get(first) if first is not None else None
            if child is None or len(child.choices) != 1 or self._type in self._model.primitives:
                return Truth(asked, False)
            empty = isinstance(expression, Call) and expression.name == "empty"
            absent = self._exists(self._child(One(self._this, self._type, sure=True), child.name))
            return Truth(f"({asked} if {absent} else {empty})", False)

    def _truth(self, expression: Expression) -> Truth:
        if isinstance(expression, Operation) and expression.operator in ("and", "or", "implies", "xor"):
            return self._logic(expression)
        if isinstance(expression, Call) and expression.name == "not" and expression.target is not None:
            inner = self.truth(expression.target)
            return negated(inner if inner.sure else Truth(self._hold(inner.source), False))
        compiled = self._value(expression)
        if isinstance(compiled, Truth):
            return compiled
        if isinstance(compiled, One) and compiled.type in BOOLEAN_TYPES:
            return Truth(compiled.source, compiled.sure)
        if isinstance(compiled, One):
            return Truth(f"(True if {self._present(compiled)} else None)", False)
        raise NotCompilableError

    def _logic(self, expression: Operation) -> Truth:
        left = self.truth(expression.left)
        operator = expression.operator
        if operator == "implies":
            left = negated(left if left.sure else Truth(self._hold(left.source), False))
            operator = "or"
        before = len(self.lines)
        right = self.truth(expression.right)
        added = self.lines[before:]
        if left.sure and right.sure and not any(line.startswith(("def", "if", " ")) for line in added):
            symbol = "!=" if operator == "xor" else operator
            return Truth(f"({left.source} {symbol} {right.source})", True)
        del self.lines[before:]
        first = self._hold(left.source)
        if operator == "xor":
            self.lines.extend(added)
            second = self._hold(right.source)
            return Truth(f"(None if {first} is None or {second} is None else {first} != {second})", False)
        return self._decided(first, right, added, deciding=operator == "or", sure=left.sure and right.sure)

    def _decided(self, first: str, right: Truth, added: list[str], *, deciding: bool, sure: bool) -> Truth:
        """And (deciding False) or or (deciding True): the right side is asked only when the left does not decide."""
        result = self._hold(str(deciding))
        self.lines.append(f"if {first} is not {deciding}:")
        self.lines.extend(f"    {line}" for line in added)
        if sure:
            self.lines.append(f"    {result} = {right.source}")
            return Truth(result, True)
        self.lines.append(f"    {result} = {right.source}")
        self.lines.append(f"    if {result} is not {deciding} and ({first} is None or {result} is None):")
        self.lines.append(f"        {result} = None")
        return Truth(result, False)

    # Values

    def _value(self, expression: Expression) -> Compiled:
        match expression:
            case Literal(value, type_name) if type_name in _LITERAL_TYPES:
                return One(repr(value), type_name, sure=True)
            case This("$this"):
                return One(self._this, self._type)
            case Constant("resource") if self._resource_type is not None:
                return One("resource", self._resource_type, sure=True)
            case Constant(name) if name in CONSTANTS:
                return One(repr(CONSTANTS[name]), "String", sure=True)
            case Member(target, name):
                return self._member(target, name)
            case Index(target, Literal(int(place), "Integer")):
                return self._at(self._value(target), place)
            case Call(_, _, _):
                return self._call(expression)
            case Operation(operator, left, right):
                return self._operation(operator, left, right)
            case TypeOperation(operator, operand, type_name):
                return self._typed(self._value(operand), type_name, operator)
            case _:
                raise NotCompilableError

    def _member(self, target: Expression | None, name: str) -> Compiled:
        if target is None:
            if name[:1].isupper() and self._model.is_a(self._type, name):
                return One(self._this, self._type, sure=True)
            return self._child(One(self._this, self._type, sure=True), name)
        return self._child(self._value(target), name)

    def _child(self, owner: Compiled, name: str) -> Compiled:
        if isinstance(owner, Choice):
            known = [option for option in owner.options if name in self._model.children.get(option.type, {})]
            if len(known) != 1:
                raise NotCompilableError
            owner = known[0]
        if isinstance(owner, Truth) or owner.type in self._model.primitives:
            raise NotCompilableError
        child = self._model.children.get(owner.type, {}).get(name)
        if child is None:
            raise NotCompilableError
        if isinstance(owner, Many):
            return self._children_of_many(owner, name)
        guard = "" if owner.sure else f" if {owner.source} is not None else None"
        options: list[One] = []
        for choice in child.choices:
            held = self._hold(f"{owner.source}.{choice.field}{guard}")
            companion = None
            if child.companion and choice.type in self._model.primitives:
                asked = f"{owner.source}.{companion_name(choice.field)} is not None"
                companion = asked if owner.sure else f"({owner.source} is not None and {asked})"
            if child.many:
                present = f"bool({held} or {companion})" if companion is not None else None
                return Many(f"({held} or [])", choice.type, present)
            options.append(One(held, choice.type, companion))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _children_of_many(self, owner: Many, name: str) -> Compiled:
        child = self._model.children[owner.type][name]
        if len(child.choices) != 1:
            raise NotCompilableError
        choice = child.choices[0]
        each, inner = self._name("e"), self._name("c")
        present = None
        if child.companion and choice.type in self._model.primitives:
            asked = f"{each}.{choice.field} is not None or {each}.{companion_name(choice.field)} is not None"
            present = f"any({asked} for {each} in {owner.source})"
        if child.many:
            source = f"[{inner} for {each} in {owner.source} for {inner} in {each}.{choice.field} or ()]"
        else:
            source = f"[{inner} for {each} in {owner.source} if ({inner} := {each}.{choice.field}) is not None]"
        return Many(self._hold(source), choice.type, present)

    def _at(self, compiled: Compiled, place: int) -> Compiled:
        if isinstance(compiled, Many) and compiled.present is None:
            held = self._hold(compiled.source)
            return One(self._hold(f"{held}[{place}] if len({held}) > {place} else None"), compiled.type)
        raise NotCompilableError

    def _typed(self, compiled: Compiled, type_name: str, operator: str) -> Compiled:
        if isinstance(compiled, One):
            if operator == "as" and self._model.is_a(compiled.type, type_name):
                return compiled
            raise NotCompilableError
        if not isinstance(compiled, Choice):
            raise NotCompilableError
        meant = [option for option in compiled.options if self._model.is_a(option.type, type_name)]
        if operator == "is":
            yes = " or ".join(self._present(option) for option in meant) or "False"
            present = " or ".join(self._present(option) for option in compiled.options)
            return Truth(f"((True if {yes} else False) if {present} else None)", False)
        if len(meant) != 1:
            raise NotCompilableError
        return meant[0]

    def _present(self, one: One) -> str:
        if one.companion is not None:
            return f"({one.source} is not None or {one.companion})"
        return f"({one.source} is not None)"

    # Functions

    def _call(self, call: Call) -> Compiled:
        if call.target is None:
            owner: Compiled = One(self._this, self._type)
        elif call.name in ("exists", "empty") and isinstance(call.target, Operation) and call.target.operator == "|":
            return self._any_exists(call)
        else:
            owner = self._value(call.target)
        if call.arguments:
            return self._called_with(call.name, owner, call.arguments)
        match call.name:
            case "exists" | "empty":
                present = self._exists(owner)
                return Truth(present if call.name == "exists" else f"(not {present})", True)
            case "hasValue":
                return self._has_value(owner)
            case "count":
                return self._count_of(owner)
            case "first":
                return owner if isinstance(owner, One | Choice) else self._at(owner, 0)
            case "htmlChecks":
                held = self._single_text(owner)
                return Truth(f"(None if {held} is None else narrative_allowed({held}))", False)
            case _:
                raise NotCompilableError

    def _called_with(self, function: str, owner: Compiled, arguments: tuple[Expression, ...]) -> Compiled:
        match function, arguments:
            case "exists" | "where" | "all", (criterion,):
                return self._criterion(function, owner, criterion)
            case "trace", _:
                return owner
            case (("as" | "ofType" | "is"), (Member(None, type_name),)):
                return self._typed(owner, type_name, "is" if function == "is" else "as")
            case (("startsWith" | "contains" | "endsWith" | "matches"), (Literal(str(wanted), "String"),)):
                return self._text_test(function, owner, wanted)
            case _:
                raise NotCompilableError

    def _any_exists(self, call: Call) -> Truth:
        def leaves(expression: Expression) -> list[Expression]:
            if isinstance(expression, Operation) and expression.operator == "|":
                return [*leaves(expression.left), *leaves(expression.right)]
            return [expression]

        if call.arguments or call.target is None:
            raise NotCompilableError
        present = " or ".join(self._exists(self._value(leaf)) for leaf in leaves(call.target))
        return Truth(f"({present})" if call.name == "exists" else f"(not ({present}))", True)

    def _exists(self, owner: Compiled) -> str:
        match owner:
            case Truth(source, sure):
                return "True" if sure else f"({source} is not None)"
            case One():
                return "True" if owner.sure else self._present(owner)
            case Choice(options):
                return "(" + " or ".join(self._present(option) for option in options) + ")"
            case Many(source, _, present):
                return present or f"bool({source})"

    def _criterion(self, function: str, owner: Compiled, criterion: Expression) -> Compiled:
        if isinstance(owner, Truth | Choice) or (isinstance(owner, Many) and owner.present is not None):
            raise NotCompilableError
        test = self._inner(owner.type, criterion)
        if isinstance(owner, One):
            if owner.companion is not None:
                raise NotCompilableError
            holds = f"({owner.source} is not None and {test}({owner.source}) is True)"
            if function == "all":
                return Truth(f"({owner.source} is None or {test}({owner.source}) is True)", True)
            if function == "exists":
                return Truth(holds, True)
            return One(self._hold(f"{owner.source} if {holds} else None"), owner.type)
        each = self._name("e")
        if function == "where":
            return Many(self._hold(f"[{each} for {each} in {owner.source} if {test}({each}) is True]"), owner.type)
        quantifier = "any" if function == "exists" else "all"
        return Truth(f"{quantifier}({test}({each}) is True for {each} in {owner.source})", True)

    def _inner(self, type_name: str, criterion: Expression) -> str:
        name = self._name("test")
        this = self._name("this")
        writer = _Writer(self._model, type_name, this, resource_type=self._resource_type, count=self._count)
        result = writer.truth(criterion)
        self.lines.append(f"def {name}({this}):")
        self.lines.extend(f"    {line}" for line in [*writer.lines, f"return {result.source}"])
        return name

    def _has_value(self, owner: Compiled) -> Truth:
        if isinstance(owner, One):
            primitive = owner.type in self._model.primitives
            return Truth(f"({owner.source} is not None)" if primitive else "False", True)
        raise NotCompilableError

    def _count_of(self, owner: Compiled) -> One:
        match owner:
            case One() | Choice():
                return One(f"(1 if {self._exists(owner)} else 0)", "Integer", sure=True)
            case Many(source, _, None):
                return One(f"len({source})", "Integer", sure=True)
            case _:
                raise NotCompilableError

    def _single_text(self, owner: Compiled) -> str:
        if isinstance(owner, One) and owner.type in STRING_TYPES:
            return owner.source
        raise NotCompilableError

    def _text_test(self, function: str, owner: Compiled, wanted: str) -> Truth:
        held = self._single_text(owner)
        test = {
            "startsWith": f"{held}.startswith({wanted!r})",
            "endsWith": f"{held}.endswith({wanted!r})",
            "contains": f"{wanted!r} in {held}",
            "matches": f"matches({held}, {wanted!r})",
        }[function]
        return Truth(f"(None if {held} is None else {test})", False)

    # Operators

    def _operation(self, operator: str, left: Expression, right: Expression) -> Compiled:
        if operator in ("and", "or", "implies", "xor"):
            return self._truth(Operation(operator, left, right))
        if operator == "in":
            return self._in(self._value(left), right)
        if isinstance(left, EmptySet) or isinstance(right, EmptySet):
            raise NotCompilableError
        first, second = self._comparable(left), self._comparable(right)
        if operator in ("=", "!="):
            return self._equality(operator, first, second)
        if operator in _ORDERS:
            return self._order(operator, first, second)
        if operator in "+-*" and {first.type, second.type} <= {"Integer"} and first.sure and second.sure:
            return One(f"({first.source} {operator} {second.source})", "Integer", sure=True)
        raise NotCompilableError

    def _comparable(self, expression: Expression) -> One:
        compiled = self._value(expression)
        if isinstance(compiled, Truth):
            return One(compiled.source if compiled.sure else self._hold(compiled.source), "Boolean", sure=compiled.sure)
        if isinstance(compiled, One):
            return compiled
        raise NotCompilableError

    def _in(self, one: Compiled, right: Expression) -> Truth:
        literals: list[object] = []
        while isinstance(right, Operation) and right.operator == "|" and isinstance(right.right, Literal):
            literals.append(right.right.value)
            right = right.left
        if not isinstance(right, Literal) or not isinstance(one, One) or one.type not in STRING_TYPES:
            raise NotCompilableError
        literals.append(right.value)
        return Truth(f"(None if {one.source} is None else {one.source} in {tuple(reversed(literals))!r})", False)

    def _unknown(self, first: One, second: One, known: str) -> Truth:
        """Unknown when either side is absent."""
        guards = [f"{one.source} is None" for one in (first, second) if not one.sure]
        if not guards:
            return Truth(f"({known})", True)
        return Truth(f"(None if {' or '.join(guards)} else {known})", False)

    def _equality(self, operator: str, first: One, second: One) -> Truth:
        kinds = {kind(first.type), kind(second.type)}
        if len(kinds) != 1 or not kinds <= {"string", "number", "boolean"}:
            raise NotCompilableError
        if first.companion is not None and second.companion is not None:
            raise NotCompilableError  # two primitives of which both may be without value
        symbol = "==" if operator == "=" else "!="
        return self._unknown(first, second, f"{first.source} {symbol} {second.source}")

    def _order(self, operator: str, first: One, second: One) -> Truth:
        kinds = {kind(first.type), kind(second.type)}
        if kinds == {"number"}:
            return self._unknown(first, second, f"{first.source} {operator} {second.source}")
        if kinds not in ({"date"}, {"quantity"}):
            raise NotCompilableError
        compare = "compare_dates" if kinds == {"date"} else "quantity_order"
        order = self._hold(self._unknown(first, second, f"{compare}({first.source}, {second.source})").source)
        return Truth(f"(None if {order} is None else {order} {_ORDERS[operator]})", False)
