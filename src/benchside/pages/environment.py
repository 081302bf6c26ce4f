"""The template environment: strict, escaping, translated.

`StrictUndefined`: a misspelt name raises instead of printing nothing, because a blank potassium must be impossible.
Django's backend calls `environment`; tests and tools without a site call `standalone`.
"""

import gettext as gettext_module
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from benchside.pages import charts, codes, icons, reading, tubes

FOLDER = Path(__file__).resolve().parent
TEMPLATES = FOLDER / "jinja2"
LOCALES = FOLDER / "locale"
DOMAIN = "django"


def environment(**options: Any) -> jinja2.Environment:
    """Build the environment for Django's Jinja2 backend (`OPTIONS["environment"]`): the active language, zone and static files."""
    from django.templatetags.static import static
    from django.urls import reverse
    from django.utils import timezone, translation

    strict = _environment(options, language=lambda: translation.get_language() or "en", zone=timezone.get_current_timezone, static=static)
    _install(strict, translation)
    strict.globals["url"] = lambda name, *arguments: reverse(name, args=arguments)
    return strict


def standalone(
    language: str = "en", *, zone: tzinfo = UTC, static_url: str = "/static/", folders: tuple[Path, ...] = ()
) -> jinja2.Environment:
    """Build the environment without a Django site, for tests and tools; `folders` are searched before our own templates."""
    strict = _environment(
        {"loader": jinja2.FileSystemLoader([*folders, TEMPLATES]), "autoescape": True},
        language=lambda: language,
        zone=lambda: zone,
        static=lambda path: static_url + path,
    )
    _install(strict, gettext_module.translation(DOMAIN, LOCALES, [language], fallback=True))
    return strict


def _environment(
    options: dict[str, Any], *, language: Callable[[], str], zone: Callable[[], tzinfo], static: Callable[[str], str]
) -> jinja2.Environment:
    """Make the environment with everything of ours in it but the translations."""
    strict = jinja2.Environment(  # noqa: S701 # autoescape is on; the check does not look into the dictionary
        **{
            **options,
            "undefined": jinja2.StrictUndefined,
            "autoescape": True,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "extensions": [*options.get("extensions", ()), "jinja2.ext.i18n", "jinja2.ext.do"],
        }
    )
    strict.policies["ext.i18n.trimmed"] = True
    words = reading.Reading(language=language, zone=zone)
    strict.globals.update(
        static=static,
        icon=icons.icon,
        codes=codes,
        tube_drawing=tubes.drawing,
        bars_drawing=charts.bars_drawing,
        percentiles_drawing=charts.percentiles_drawing,
        histogram_drawing=charts.histogram_drawing,
        series_drawing=charts.series_drawing,
        trend_drawing=charts.trend_drawing,
        sparkline_drawing=charts.sparkline_drawing,
        range_position=charts.range_position,
        time_left=reading.time_left,
        age_parts=reading.age_parts,
        instant=_instant,
    )
    strict.filters.update(day=words.day, clock=words.clock, moment=words.moment, birth_date=words.birth_date, plain=reading.plain)
    return strict


def _install(strict: jinja2.Environment, words: Any) -> None:
    """Connect the templates' `_()` and `{% trans %}` to a catalogue."""
    install = getattr(strict, "install_gettext_callables")  # noqa: B009 # the extension adds it at run time; no stub knows it
    install(words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext, npgettext=words.npgettext)

    # The extension's own road takes ten times as long, and a row of a worklist says a dozen words.
    def gettext(text: str, /, **variables: object) -> Markup:
        translated = Markup(words.gettext(text))  # noqa: S704 # catalogues are ours; what is filled in is escaped by `%`
        return translated % variables if variables or "%" in text else translated

    strict.globals["_"] = strict.globals["gettext"] = gettext


def _instant(value: datetime) -> str:
    """Give the machine-readable form for `<time datetime>`. Raises on a naive time."""
    if value.tzinfo is None:
        raise ValueError("a time without zone cannot be shown")
    return value.isoformat(timespec="seconds")
