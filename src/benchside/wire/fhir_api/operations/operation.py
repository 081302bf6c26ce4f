"""What an operation is, and how its parameters are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchside.fhir import Fault, Invalid, r4, read
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.negotiation import require_json_body
from benchside.wire.fhir_api.problems import BadRequest

GENERAL_PARAMETERS = frozenset({"_format", "_pretty", "_summary", "_elements"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: at which levels ("system", "type", "instance") of which types it answers which methods.

    `levels` maps a level to the resource types it exists for, None for all of them; `definitions` names the definition for
    types that have one of their own.
    """

    name: str
    definition: str
    levels: dict[str, frozenset[str] | None]
    methods: tuple[str, ...]
    handler: Callable[[Call], Answer]
    definitions: Mapping[str, str] = field(default_factory=dict[str, str])

    def definition_for(self, resource_type: str) -> str:
        """The canonical url of its definition for a type, or at system level ("")."""
        return self.definitions.get(resource_type, self.definition)

    def answers(self, level: str, resource_type: str) -> bool:
        """Whether the operation exists at this level for this type."""
        if level not in self.levels:
            return False
        types = self.levels[level]
        return level == "system" or types is None or resource_type in types


class Arguments:
    """The parameters of an operation, from the address (GET) or a Parameters resource in the body (POST).

    Values are the structs or primitives of `Parameters.parameter`; those from an address are text.
    """

    def __init__(self, pairs: tuple[tuple[str, str], ...], parameters: "list[r4.ParametersParameter]") -> None:
        self._values: list[tuple[str, Any]] = [pair for pair in pairs if pair[0] not in GENERAL_PARAMETERS]
        self._values += [(parameter.name, value_of(parameter)) for parameter in parameters if parameter.name]

    @property
    def names(self) -> set[str]:
        """The names that were given."""
        return {name for name, _ in self._values}

    def all(self, name: str) -> list[Any]:
        """Every value of a parameter."""
        return [value for key, value in self._values if key == name]

    def one(self, name: str) -> Any:
        """The value of a parameter that may be given once, None when it is not given."""
        values = self.all(name)
        if len(values) > 1:
            raise BadRequest(f"The parameter {name} may be given once, not {len(values)} times.")
        return values[0] if values else None

    def text(self, name: str) -> str | None:
        """The value of a text parameter; raises BadRequest when it is something else."""
        value = self.one(name)
        if value is not None and not isinstance(value, str):
            raise BadRequest(f"The parameter {name} must be a text.")
        return value

    def whole_number(self, name: str) -> int | None:
        """The value of a parameter that counts; raises BadRequest when it is something else."""
        value = self.one(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
            return int(value)
        raise BadRequest(f"The parameter {name} must be a whole number.")

    def yes_no(self, name: str, *, default: bool) -> bool:
        """The value of a boolean parameter; raises BadRequest when it is something else."""
        value = self.one(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        if value in {"true", "false"}:
            return value == "true"
        raise BadRequest(f"The parameter {name} must be true or false.")

    def require_known(self, known: frozenset[str], operation: str) -> None:
        """Raise BadRequest naming each parameter that the operation does not know: half an answer is worse than none."""
        unknown = sorted(self.names - known)
        if unknown:
            raise BadRequest(*(f"${operation} does not know the parameter {name[:60]} (or this server does not yet)." for name in unknown))


def value_of(parameter: Any) -> Any:
    """The value of a parameter: its resource, or whichever `value[x]` it has."""
    if parameter.resource is not None:
        return parameter.resource
    for name in parameter.__struct_fields__:
        if name.startswith("value") and not name.endswith("_element"):
            value = getattr(parameter, name)
            if value is not None:
                return value
    return None


def arguments(call: Call) -> Arguments:
    """Read the parameters of an operation; raises Invalid when the body is no Parameters resource."""
    if call.method != "POST" or not call.body:
        return Arguments(call.pairs, [])
    require_json_body(call.content_type)
    body: Any = read(call.body)
    if not isinstance(body, r4.Parameters):
        message = f"The body must be a Parameters resource, not {type(body).__name__}."
        raise Invalid((Fault("Parameters", "structure", message),))
    return Arguments(call.pairs, body.parameter or [])
