"""Scripts and style sheets: what is vendored is what was published, nothing inline, nothing that a strict policy or Arabic breaks."""

import hashlib
import re

import pytest

from benchside.pages.environment import FOLDER, TEMPLATES

STATIC = FOLDER / "static" / "pages"
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
HTMX_SHA256 = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
"""Of dist/htmx.min.js in the npm package htmx.org 2.0.11."""
SCRIPT_LINES_MAX = 200
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|(?:left|right|top|bottom|float)\s*:|text-align:\s*(?:left|right))"
)


def test_htmx_is_the_published_file_with_its_licence() -> None:
    folder = STATIC / "vendor" / "htmx-2.0.11"
    assert hashlib.sha256((folder / "htmx.min.js").read_bytes()).hexdigest() == HTMX_SHA256
    assert "Zero-Clause BSD" in (folder / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_short_strict_and_build_no_markup_from_text(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined] # a Path
    assert '"use strict";' in text
    assert len(text.splitlines()) <= SCRIPT_LINES_MAX
    for risky in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        ".style.",
        "http://",
        "https://",
    ):
        assert risky not in text


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_style_sheets_know_no_left_and_right(path: object) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)  # type: ignore[attr-defined] # a Path
    assert PHYSICAL.findall(text) == []
    assert "@import" not in text
    assert "url(" not in text


def test_templates_hold_no_inline_script_style_or_handler() -> None:
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text), path


def test_the_head_names_every_script_and_sheet() -> None:
    head = (TEMPLATES / "pages" / "components" / "shell.html").read_text(encoding="utf-8")
    for path in [*SCRIPTS, *SHEETS]:
        if path.stem != "style":  # of the style pages only
            assert f'"{path.stem}"' in head
