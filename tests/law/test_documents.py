"""Documents keep up with the code: every command, setting and decision has its place, and links lead somewhere."""

import dataclasses
import re
from collections.abc import Iterator

import typer.main

from benchside.cli.commands import application
from benchside.site.options import OPTIONS
from benchside.wire.fhir_api.limits import Limits
from tests.law.source import ROOT

HEADING = re.compile(r"^#{2,3} `benchside ([a-z -]+)`", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:|#)([^)#\s]+)")


def commands() -> Iterator[str]:
    """Give the full name of every command."""
    root = typer.main.get_command(application)
    for name, command in root.commands.items():  # type: ignore[attr-defined]  # a group, which the stub does not say
        if hasattr(command, "commands"):
            yield from (f"{name} {inner}" for inner in command.commands)
        else:
            yield name


def test_every_command_has_its_page_and_every_page_its_command() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert sorted(HEADING.findall(text)) == sorted(commands())


def test_every_command_has_help() -> None:
    root = typer.main.get_command(application)
    silent = [name for name, command in root.commands.items() if not command.help]  # type: ignore[attr-defined]  # a group has commands
    assert silent == []


def test_every_setting_is_documented_with_its_default() -> None:
    text, _, _ = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").partition("## Limits")
    rows = {match[1]: match[0] for match in re.finditer(r"^\| `(\w+)` \|.*$", text, re.MULTILINE)}
    assert sorted(rows) == sorted(option.name for option in OPTIONS)
    wrong = [option.name for option in OPTIONS if option.variable not in rows[option.name] or option.meaning not in rows[option.name]]
    assert wrong == []


def test_every_limit_is_documented_with_its_default() -> None:
    _, _, text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").partition("## Limits")
    written = {name: int(default.replace(",", "")) for name, default in re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", text, re.MULTILINE)}
    assert written == {field.name: field.default for field in dataclasses.fields(Limits)}


def test_decisions_are_numbered_without_gaps_and_say_why() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        missing = [part for part in ("## Decided", "## Because", "## Costs") if part not in text]
        assert not missing, page.name


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert len(pages) > 5
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_no_page_is_unfinished() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    unfinished = [page.name for page in pages if re.search(r"\b(TODO|TBD|FIXME|to be written)\b", page.read_text(encoding="utf-8"))]
    assert unfinished == []
