"""The source files that the law is about."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("/fhir/r4/", "/generated/", "/generated.py", "/migrations/", "/node_modules/")
FOLDERS = ("src", "tests", "tools", "benchmarks")


def is_generated(path: Path) -> bool:
    """Say whether a program wrote the file."""
    text = path.as_posix()
    return any(part in text for part in GENERATED) or path.name.startswith("generated")


@cache
def written(*folders: str) -> tuple[Path, ...]:
    """Give the Python files that people write, under `folders` (all by default)."""
    found = [path for folder in folders or FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(path for path in found if not is_generated(path))


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give the functions and methods of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def place(path: Path, line: int | None = None) -> str:
    """Name a place for a person."""
    name = path.relative_to(ROOT).as_posix()
    return f"{name}:{line}" if line else name
