"""The words of every refusal, and what to do about it, in every language of the house.

The YAML files beside this module hold one entry a code: per language, the words and the remedy. Placeholders such as
`{until}` are filled from the facts of the refusal. The same texts go to the page templates as gettext catalogues
(`po_text`), with message ids built from the code, so that a site can correct a wording as it corrects any other.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from importlib.resources import files

from benchside.terms.package_data import parse_table
from benchside.terms.refusal import Refusal, RefusalFact

LANGUAGES = ("en", "es")

_MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
}


class RefusalWordsMissing(LookupError):
    """A refusal has no words in this language, or lacks a fact that its words need; add it to the catalogue."""


@dataclass(frozen=True, slots=True)
class RefusalText:
    """What a person reads: the reason, and what would make the act possible."""

    words: str
    remedy: str


@cache
def catalogue() -> Mapping[str, Mapping[str, RefusalText]]:
    """Return code -> language -> text, of all files. Raises ValueError when two files hold the same code."""
    entries: dict[str, Mapping[str, RefusalText]] = {}
    for path in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        if not path.name.endswith(".yaml"):
            continue
        table = parse_table(path.read_text(encoding="utf-8"), dict[str, dict[str, tuple[str, str]]], name=path.name)
        for code, texts in table.items():
            if code in entries:
                raise ValueError(f"{path.name}: the code {code} is in another file already.")
            entries[code] = {language: RefusalText(words, remedy) for language, (words, remedy) in texts.items()}
    return entries


def placeholders(text: str) -> frozenset[str]:
    """Return the names a text wants filled: `{until}` gives `until`."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


_NO_NAMES: Mapping[str, str] = {}
_CODED = re.compile(r"[a-z]+(?:-[a-z]+)*:[A-Za-z0-9_.-]+(?:, [a-z]+(?:-[a-z]+)*:[A-Za-z0-9_.-]+)*")


def in_words(value: RefusalFact, language: str, zone: tzinfo, names: Mapping[str, str] = _NO_NAMES) -> str:
    """Write a fact as a person reads it: dates in words, times of the day in the site's zone, codes by their names.

    A coded fact is `kind:code` (`competence:venipuncture`), or several with commas; a code without a name in `names` is
    shown as its own words, never left out.
    """
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        return f"{in_words(local.date(), language, zone)}, {local:%H:%M}"
    if isinstance(value, str) and _CODED.fullmatch(value):
        return ", ".join(names.get(item, item.partition(":")[2].replace("_", " ").replace("-", " ")) for item in value.split(", "))
    if isinstance(value, date):
        month = _MONTHS[language][value.month - 1]
        return f"{value.day} de {month} de {value.year}" if language == "es" else f"{value.day} {month} {value.year}"
    return str(value)


def text_of(
    refusal: Refusal,
    language: str = "en",
    *,
    zone: tzinfo = UTC,
    names: Mapping[str, str] = _NO_NAMES,
) -> RefusalText:
    """Return the words and remedy of a refusal with its facts filled in; `names` as in `in_words`.

    Raises RefusalWordsMissing for an unknown code or language and for a missing fact: a blank is worse than an error.
    """
    text = catalogue().get(refusal.code, {}).get(language)
    if text is None:
        raise RefusalWordsMissing(f"{refusal.code} has no words in {language!r}.")
    needed = placeholders(text.words) | placeholders(text.remedy)
    if missing := needed - set(refusal.facts):
        raise RefusalWordsMissing(f"{refusal.code} needs the facts {sorted(missing)}.")
    filled = {name: in_words(refusal.facts[name], language, zone, names) for name in needed}
    return RefusalText(text.words.format_map(filled), text.remedy.format_map(filled))


def message_id(code: str, part: str) -> str:
    """Return the gettext message id of the `words` or `remedy` of a code."""
    if part not in ("words", "remedy"):
        raise ValueError("The parts of a refusal's text are words and remedy.")
    return f"refusal:{code}:{part}"


def gettext_entries(language: str) -> Mapping[str, str]:
    """Return message id -> text, for every code, in this language."""
    entries: dict[str, str] = {}
    for code, texts in sorted(catalogue().items()):
        entries[message_id(code, "words")] = texts[language].words
        entries[message_id(code, "remedy")] = texts[language].remedy
    return entries


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def po_text(language: str) -> str:
    """Return the catalogue of one language as a gettext PO file (`msgfmt` reads it; texts are python-brace-format)."""
    lines = [
        'msgid ""',
        'msgstr ""',
        f'"Language: {language}\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        '"MIME-Version: 1.0\\n"',
        "",
    ]
    for identifier, text in gettext_entries(language).items():
        lines += [f'msgid "{_escaped(identifier)}"', f'msgstr "{_escaped(text)}"', ""]
    return "\n".join(lines)
