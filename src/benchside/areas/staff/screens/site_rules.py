"""The site's own rules: what differs from the product's, loading changed ones with a preview, and who changed what when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec
import yaml
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from benchside.areas.staff.acts import set_site_rules
from benchside.pages.shapes import FieldError, Form, Reason, Tone
from benchside.readiness.models import SiteRules
from benchside.readiness.requirements import Requirements, SiteRulesInvalid, package_requirements
from benchside.readiness.site_rules import direction, merge_site_rules
from benchside.readiness.staff import staff_name
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language

ROLES: Final = ("technician.lead", "administrator")
TEXT_BYTES_MAX: Final = 100_000
DEPTH_MAX: Final = 10
HISTORY_MAX: Final = 30


class RulesUnreadable(ValueError):
    """The text is no YAML of rules; the message says where."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one act: as it is, as it would be, and in which direction that is."""

    act: str
    field: str
    before: str
    after: str
    ways: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier setting of the rules."""

    number: int
    at: datetime
    who: str
    reason: str
    acts: tuple[str, ...]


@sensitive_post_parameters("signature")
@screen("matrix", roles=ROLES)
def show(desk: Desk) -> HttpResponse:
    """Show the site's rules beside the product's; check changed ones (`step=check`) and put them into force (`step=set`)."""
    form = desk.form("site-rules", values={"rules": rules_text(_newest(desk)[1])})
    if desk.request.method != "POST":
        return _page(desk, form)
    text = _sent_text(desk)
    form = replace(form, values={"rules": text, "reason": desk.request.POST.get("reason", "")})
    try:
        rules = read_rules(text)
        merged = merge_site_rules(package_requirements(), rules)
    except RulesUnreadable as fault:
        return _page(desk, replace(form, errors=(FieldError(field="rules", message=str(fault)),)), status=422)
    except SiteRulesInvalid as unfit:
        return _page(desk, replace(form, errors=tuple(FieldError(field="rules", message=fault) for fault in unfit.faults)), status=422)
    preview = changes(desk.requirements, merged)
    if desk.request.POST.get("step") != "set":
        return _page(desk, form, preview=preview)
    seen, reason = desk.request.POST.get("seen", ""), desk.request.POST.get("reason", "")
    number = int(seen) if seen.isascii() and seen.isdigit() else 0
    outcome = desk.act(form, lambda performance: set_site_rules(performance, rules, reason, seen=number))
    if outcome.refused:
        return _page(desk, outcome.form, preview=preview, reasons=outcome.reasons, status=outcome.status)
    return desk.done("/readiness/rules", notice=_("The rules are in force."))


def read_rules(text: str) -> dict[str, Any]:
    """Read a site's rules from YAML: acts, each with the fields it changes. Raises RulesUnreadable.

    Anchors are refused: a few lines of them can stand for gigabytes.
    """
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise RulesUnreadable(_("The rules are longer than %(most)s bytes.") % {"most": TEXT_BYTES_MAX})
    try:
        _check_shape(text)
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise RulesUnreadable(_("This is no YAML: look at line %(line)s.") % {"line": line}) from fault
    if not isinstance(found, dict) or not all(isinstance(name, str) and isinstance(value, dict) for name, value in found.items()):
        raise RulesUnreadable(_("Write the name of an act, and under it the fields that differ."))
    try:
        return msgspec.json.decode(msgspec.json.encode(found))
    except (TypeError, msgspec.MsgspecError) as odd:
        raise RulesUnreadable(_("Use words, numbers, lists and yes or no only.")) from odd


def _check_shape(text: str) -> None:
    """Refuse aliases and deep nesting before anything is built of the text. Raises RulesUnreadable, YAMLError."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise RulesUnreadable(_("Write the rules without anchors and aliases (& and *)."))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            raise RulesUnreadable(_("The rules are nested too deeply."))


def rules_text(rules: Mapping[str, Any]) -> str:
    """Write a site's rules as YAML, as `read_rules` reads them."""
    return yaml.safe_dump(dict(rules), allow_unicode=True, sort_keys=True) if rules else ""


def changes(before: Requirements, after: Requirements) -> tuple[Change, ...]:
    """List every field that differs between two sets of requirements, in the order of the acts."""
    found: list[Change] = []
    words: dict[str, tuple[str, Tone]] = {
        "tighten": (_("stricter"), "good"),
        "loosen": (_("looser"), "warning"),
        "both": (_("stricter and looser"), "warning"),
    }
    for name, act in after.acts.items():
        earlier = before.acts[name]
        for field in act.__struct_fields__:
            if getattr(earlier, field) == getattr(act, field):
                continue
            ways = direction(field, earlier, act)
            told, tone = words["both" if len(ways) > 1 else next(iter(ways), "both")]
            found.append(
                Change(act.text(reader_language()), field, _written(getattr(earlier, field)), _written(getattr(act, field)), told, tone)
            )
    return tuple(found)


def _written(value: Any) -> str:
    plain = msgspec.to_builtins(value)
    return yaml.safe_dump(plain, allow_unicode=True, default_flow_style=True, width=400).removesuffix("\n...\n").strip()


def _sent_text(desk: Desk) -> str:
    """Give the rules that were sent: a file goes before the text. A file that is too long is cut just beyond what is refused."""
    file = desk.request.FILES.get("file")
    if file is not None:
        return file.read(TEXT_BYTES_MAX + 1).decode("utf-8", errors="replace")
    return desk.request.POST.get("rules", "").replace("\r\n", "\n")


def _newest(desk: Desk) -> tuple[int, dict[str, Any]]:
    newest = SiteRules.objects.using(desk.record.engine.alias).order_by("-id").values_list("id", "rules").first()
    return (0, {}) if newest is None else newest


def _page(
    desk: Desk,
    form: Form,
    *,
    preview: tuple[Change, ...] | None = None,
    reasons: tuple[Reason, ...] = (),
    status: int = 200,
) -> HttpResponse:
    number, _rules = _newest(desk)
    past = SiteRules.objects.using(desk.record.engine.alias).order_by("-id")[:HISTORY_MAX]
    values = {
        "page": desk.page(_("Rules of this site")),
        "form": form,
        "seen": number,
        "differing": changes(package_requirements(), desk.requirements),
        "preview": preview,
        "reasons": reasons,
        "history": [Past(row.pk, row.at, staff_name(desk.record, row.author), row.reason, tuple(sorted(row.rules))) for row in past],
    }
    return render(desk.request, "staff/site_rules.html", values, status=status)
