"""The page about pages names every macro with its true signature, and no macro that is not there."""

import re
from pathlib import Path

import jinja2

from benchside.pages.environment import TEMPLATES, standalone

COMPONENTS = TEMPLATES / "pages" / "components"


def written(macro: jinja2.nodes.Macro) -> str:
    """Write a macro's signature as the page does."""
    required = len(macro.args) - len(macro.defaults)
    words = {True: "true", False: "false", None: "none"}
    parts: list[str] = []
    for index, argument in enumerate(macro.args):
        if index < required:
            parts.append(argument.name)
            continue
        default = macro.defaults[index - required].as_const()
        told = (
            words[default]
            if default is None or isinstance(default, bool)
            else f'"{default}"'
            if isinstance(default, str)
            else repr(default)
        )
        parts.append(f"{argument.name}={told}")
    return f"{macro.name}({', '.join(parts)})"


def test_every_macro_is_documented_with_its_signature(repository: Path) -> None:
    text = (repository / "docs" / "pages.md").read_text(encoding="utf-8")
    documented = {
        match.group(1): {line.removesuffix(" ◊") for line in match.group(2).strip().splitlines()}
        for match in re.finditer(r"### (\w+\.html)\n.*?```\n(.*?)```", text, flags=re.DOTALL)
    }
    environment = standalone()
    there = {
        path.name: {written(macro) for macro in environment.parse(path.read_text(encoding="utf-8")).find_all(jinja2.nodes.Macro)}
        for path in sorted(COMPONENTS.glob("*.html"))
    }
    assert len(there) >= 12
    assert documented == there


def test_macros_that_take_a_body_are_marked(repository: Path) -> None:
    text = (repository / "docs" / "pages.md").read_text(encoding="utf-8")
    for path in sorted(COMPONENTS.glob("*.html")):
        for name, body in re.findall(r"{% macro (\w+)\(.*?-?%}(.*?){%-? endmacro", path.read_text(encoding="utf-8"), flags=re.DOTALL):
            takes = "caller(" in body
            marked = bool(re.search(rf"^{name}\(.*\) ◊$", text, flags=re.MULTILINE))
            assert takes == marked, f"{path.name}: {name}"
