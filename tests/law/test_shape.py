"""How the code is cut: short files, short functions, names that say what is in them, errors caught at doors only."""

import ast
import re

from tests.law.source import functions, place, tree, written

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common|stuff)(_|$)")

# The five kinds of door (web, API, worker item, connection, command) may catch everything, say it in words and log it.
DOORS = {
    "src/benchside/cli/door.py",
    "src/benchside/wire/fhir_api/door.py",
    "src/benchside/wire/fhir_api/batch.py",
    "src/benchside/wire/fhir_api/export/tasks.py",
    "src/benchside/wire/mllp/listener.py",
    "src/benchside/wire/printing/tasks.py",
}


def test_there_is_something_to_look_at() -> None:
    assert len(written("src")) > 100


def test_files_are_short() -> None:
    long = {place(path): lines for path in written("src", "tools") if (lines := len(path.read_text().splitlines())) > FILE_LINES_MAX}
    assert long == {}


def test_functions_are_short() -> None:
    long = {
        place(path, node.lineno): node.name
        for path in written("src", "tools")
        for node in functions(path)
        if (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES_MAX
    }
    assert long == {}


def test_modules_are_named_by_what_they_hold() -> None:
    empty = [place(path) for path in written("src", "tools") if EMPTY_NAMES.search(path.stem) or EMPTY_NAMES.search(path.parent.name)]
    assert empty == []


def test_only_doors_catch_everything() -> None:
    broad = [
        place(path, handler.lineno)
        for path in written("src")
        if path.relative_to(path.parents[len(path.parts) - 1 - path.parts.index("src")]).as_posix() not in DOORS
        for handler in ast.walk(tree(path))
        if isinstance(handler, ast.ExceptHandler) and _is_broad(handler)
    ]
    assert broad == []


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or (isinstance(one, ast.Name) and one.id in {"Exception", "BaseException"}) for one in caught)
