"""Stand-ins for structs: the same fields under the same names, holding whatever a faulty document gave.

Invariants are functions over structs. To tell which of them a refused document breaks, its sound parts are put into these, which accept
anything and have None for what is missing.
"""

from functools import cache
from typing import Any

import msgspec

from benchside.fhir import r4


@cache
def stand_in(type_name: str) -> type[msgspec.Struct]:
    """Make the stand-in of a class of `r4`; raises KeyError for an unknown one."""
    real: type[msgspec.Struct] = r4.TYPES[type_name]
    names: tuple[str, ...] = real.__struct_fields__
    namespace = {"resourceType": type_name} if type_name in r4.RESOURCES else {}
    fields = [(name, Any, None) for name in names]
    return msgspec.defstruct(type_name, fields, namespace=namespace, kw_only=True, gc=False)
