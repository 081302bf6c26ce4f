"""Message catalogues: collect the strings of a part, keep its `.po` files in step, compile them, and find what is missing.

A part is a folder with `jinja2/`, Python files and `locale/<language>/LC_MESSAGES/django.po`, as Django finds them by itself.
The compiled `.mo` files are committed, so that a checkout and a wheel speak Spanish without a build step; a test holds each to its
`.po`, byte for byte, and a merge of two is made by running `update` again.

    python -m benchside.pages.translations update src/benchside/pages
    python -m benchside.pages.translations check src/benchside/pages
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import jinja2
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LANGUAGES: Final = ("es",)
"""Languages besides English, the language of the source."""
DOMAIN: Final = "django"
EXTENSIONS: Final = "jinja2.ext.i18n,jinja2.ext.do"
KEYWORDS: Final = {
    "_": None, "N_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
SPOKEN_ATTRIBUTES: Final = frozenset({"aria-label", "alt", "title", "placeholder", "aria-description", "aria-roledescription"})
NOT_WORDS: Final = frozenset({"Benchside", "min", "mL", "E87.5", "STAT", "mmol"})
"""Words that stay the same in every language: the name, units, codes."""
_HOLE: Final = "\ufffc"
_ATTRIBUTE: Final = re.compile(r'[\w-]+="[^"]*"')
_CLASS_NAME: Final = re.compile(r"[a-z]+(?:-[a-z]+)+")
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def catalogue_path(part: Path, language: str) -> Path:
    """Say where the catalogue of a part is kept."""
    return part / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def collected(part: Path) -> Catalog:
    """Collect every string of the part's templates and Python files, in the order of the files' names."""
    catalog = Catalog(project="Benchside", charset="utf-8")
    found = extract_from_dir(
        part,
        method_map=[("**/jinja2/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")],
        options_map={"**/jinja2/**.html": {"extensions": EXTENSIONS, "newstyle_gettext": "true", "trimmed": "true", "silent": "false"}},
        keywords=KEYWORDS,
    )
    for name, _line, message, _comments, context in sorted(found, key=lambda row: (row[0], row[1])):
        catalog.add(message, locations=[(name, 0)], context=context)
    for message in catalog:
        message.locations = sorted({(name, 0) for name, _ in message.locations})
    return catalog


def kept(part: Path, language: str) -> Catalog:
    """Read the part's catalogue; an empty one when there is none yet."""
    path = catalogue_path(part, language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def compiled(catalog: Catalog) -> bytes:
    """Compile a catalogue; the same catalogue gives the same bytes."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def update(part: Path, language: str) -> None:
    """Take new strings into the part's catalogue, drop those that are gone, and compile. Translations that fit are kept."""
    catalog = kept(part, language)
    catalog.update(collected(part), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    _head(catalog, language)
    path = catalogue_path(part, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=130, omit_header=False, sort_output=True, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(kept(part, language)))


def _head(catalog: Catalog, language: str) -> None:
    """Write a header that does not change from day to day, so that a diff shows words only."""
    catalog.header_comment = "# Words of Benchside. Licence: Apache-2.0."
    catalog.project, catalog.version, catalog.msgid_bugs_address = "Benchside", "1", ""
    catalog.last_translator, catalog.language_team, catalog.fuzzy = "Benchside", language, False
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)


def faults(part: Path, language: str) -> list[str]:
    """List what is wrong with the part's catalogue: missing, left over, other placeholders, not compiled."""
    catalog = kept(part, language)
    there = {(message.id, message.context): message for message in catalog if message.id}
    wanted = {(message.id, message.context) for message in collected(part) if message.id}
    told = [f"{language}: not in the catalogue: {_said(key[0])}" for key in wanted - there.keys()]
    told += [f"{language}: left over: {_said(key[0])}" for key in there.keys() - wanted]
    for message in there.values():
        told += _message_faults(message, language)
    binary = catalogue_path(part, language).with_suffix(".mo")
    if not binary.exists() or binary.read_bytes() != compiled(catalog):
        told.append(f"{language}: {binary.name} is not what the catalogue compiles to; run update")
    return sorted(told)


def _message_faults(message: Message, language: str) -> Iterator[str]:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    sources = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    if message.fuzzy or not all(strings):
        yield f"{language}: not translated: {_said(message.id)}"
        return
    holes = {match.group() for source in sources for match in _PLACEHOLDER.finditer(source)}
    for text in strings:
        missing = holes ^ {match.group() for match in _PLACEHOLDER.finditer(text or "")}
        if missing - {"%(num)s"}:  # a form for one may say "one"
            yield f"{language}: other placeholders ({', '.join(sorted(missing))}): {_said(message.id)}"


def _said(identity: str | list[str] | tuple[str, ...]) -> str:
    return identity if isinstance(identity, str) else identity[0]


class _Reader(HTMLParser):
    """Collects words that stand in a template without `_()`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code"}:
            self._silent.append(tag)
        for name, value in attrs:
            if name in SPOKEN_ATTRIBUTES and _has_words(value or ""):
                self.found.append(f'{name}="{value}"'.replace(_HOLE, "…"))

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent and _has_words(data):
            self.found.append(data.strip().replace(_HOLE, "…"))


def _has_words(text: str) -> bool:
    """Say whether a text between the holes holds words for people; attributes written by macros and class names are none."""
    for chunk in _ATTRIBUTE.sub("", text).split(_HOLE):
        words = re.findall(r"[^\W\d_]{2,}[.\w]*", chunk)
        if words and not _CLASS_NAME.fullmatch(chunk.strip()) and not NOT_WORDS.issuperset(words):
            return True
    return False


def bare_words(source: str) -> list[str]:
    """List the words of a template that nobody can translate: text and spoken attributes outside `_()` and `{% trans %}`."""
    environment = jinja2.Environment(extensions=EXTENSIONS.split(","))  # noqa: S701 # nothing is rendered
    parts: list[str] = []
    translating = False
    opened = ""
    for _line, kind, value in environment.lex(source):
        if kind == "block_begin":
            opened = "?"
        elif opened == "?" and kind == "name":
            opened = ""
            translating = {"trans": True, "endtrans": False}.get(value, translating)
        if kind == "data" and not translating:
            parts.append(value)
        elif kind in {"variable_begin", "block_begin"}:
            parts.append(_HOLE)
    reader = _Reader()
    reader.feed("".join(parts))
    reader.close()
    return reader.found


def main(arguments: list[str]) -> int:
    """Run `update` or `check` on the folders given; 1 when `check` found something."""
    if len(arguments) < 2 or arguments[0] not in {"update", "check"}:  # a word and at least one folder
        sys.stderr.write(f"{__doc__}\n")
        return 2
    told: list[str] = []
    for part in map(Path, arguments[1:]):
        for language in LANGUAGES:
            if arguments[0] == "update":
                update(part, language)
            told += [f"{part}: {fault}" for fault in faults(part, language)]
        for template in sorted(part.glob("**/jinja2/**/*.html")):
            told += [f"{template}: not translatable: {words}" for words in bare_words(template.read_text(encoding="utf-8"))]
    for line in told:
        sys.stdout.write(f"{line}\n")
    return 1 if told else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
