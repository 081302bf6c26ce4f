"""Reading the YAML tables that ship inside the package into typed values.

Rules keep their numbers in tables (limits, tubes, act requirements) so that a person can check them against the
source without reading code. A table that does not fit its type stops the program at once and says where.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, TypeVar, cast

import msgspec
import yaml

TABLE_BYTES_MAX = 2_000_000

T = TypeVar("T")


class TableInvalid(ValueError):
    """A YAML table does not have the shape its reader needs; the message names the file and the place."""


class _DecimalLoader(yaml.SafeLoader):
    """Safe loading that keeps the digits of a decimal (`4.10` is not `4.1`) and reads only `true` and `false` as truth values.

    YAML 1.1 also reads `no`, `on` and `off` as truth values, which in a laboratory are answers and words.
    """


_BOOLEAN = "tag:yaml.org,2002:bool"
_DecimalLoader.yaml_implicit_resolvers = {
    first: [(tag, re.compile(r"^(?:true|false)$") if tag == _BOOLEAN else pattern) for tag, pattern in resolvers]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


_DecimalLoader.add_constructor("tag:yaml.org,2002:float", _decimal)


def parse_table(text: str, shape: type[T], *, name: str) -> T:
    """Read YAML `text` into `shape` (a msgspec type), decimals with their digits kept.

    Raises TableInvalid when the text is not YAML, is larger than `TABLE_BYTES_MAX`, or does not fit.
    """
    if len(text) > TABLE_BYTES_MAX:
        raise TableInvalid(f"{name}: larger than {TABLE_BYTES_MAX} bytes.")
    try:
        # _DecimalLoader is a SafeLoader: it builds plain values only, no Python objects.
        value = yaml.load(text, Loader=_DecimalLoader)  # noqa: S506  a subclass of SafeLoader, see above
    except yaml.YAMLError as error:
        raise TableInvalid(f"{name}: not YAML: {error}") from error
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise TableInvalid(f"{name}: {error}") from error


def package_table(package: str, file_name: str, shape: type[T]) -> T:
    """Read the YAML table `file_name` that lies in `package` into `shape`; see `parse_table`."""
    return parse_table((files(package) / file_name).read_text(encoding="utf-8"), shape, name=f"{package}/{file_name}")


def overlaid(table: T, changes: Mapping[str, Any], *, name: str) -> T:
    """Lay a site's `changes` over a table: mappings are merged key by key, everything else is replaced; the table stays as it was.

    The result has passed the same checks as the table itself. Raises TableInvalid that names the place.
    """
    merged = _merged(msgspec.to_builtins(table, builtin_types=(Decimal, date)), changes)
    try:
        return msgspec.convert(merged, type(table))
    except msgspec.ValidationError as error:
        raise TableInvalid(f"{name}: {error}") from error


def _merged(base: object, changes: object) -> object:
    if not (isinstance(base, Mapping) and isinstance(changes, Mapping)):
        return changes
    known = cast(Mapping[str, object], base)
    given = cast(Mapping[str, object], changes)
    return {**known, **{key: _merged(known.get(key), value) for key, value in given.items()}}
