"""Collecting at the bedside: the rack in order of draw, labels, every tube scanned back to the patient, and how it was drawn."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import Draw, ScannedTube, collect_specimens, plan_collection
from benchside.areas.laboratory.acts.planning import CollectionPlan
from benchside.areas.laboratory.acts.tubes_kept import specimens_of
from benchside.areas.laboratory.collection import ATTEMPTS_MAX, Side
from benchside.areas.laboratory.screens.labels import EQUIPMENT, chosen_printer, printer_options, state_values
from benchside.areas.laboratory.screens.rows import preparation_of, what_of
from benchside.areas.laboratory.screens.task import identified, step_url, task_of
from benchside.areas.laboratory.screens.tubes import (
    LOTS_KEY,
    LabelledTube,
    labelled_tubes,
    planned_shape,
    posted_values,
    scanned,
    take_scan,
)
from benchside.areas.laboratory.views.specimens import specimen_state
from benchside.areas.laboratory.views.worklist import DueWork
from benchside.fhir import r4
from benchside.pages.codes import N_
from benchside.pages.shapes import FieldError, Form, Option, Reason
from benchside.readiness.explanation import names
from benchside.readiness.gathering.kept import facts_named, load
from benchside.terms.refusal import Refusal
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.patients import arm_words
from benchside.workplace.places import address

WAYS: Final[dict[str, str]] = {
    "venipuncture": N_("Venipuncture"),
    "capillary": N_("Finger or heel"),
    "arterial": N_("Arterial puncture"),
    "urine": N_("Urine"),
    "swab": N_("Swab"),
    "stool": N_("Stool"),
    "sputum": N_("Sputum"),
}
SITES: Final[dict[str, str]] = {
    "elbow": N_("Bend of the elbow"),
    "forearm": N_("Forearm"),
    "hand": N_("Back of the hand"),
    "finger": N_("Finger"),
    "heel": N_("Heel"),
    "wrist": N_("Wrist"),
    "other": N_("Elsewhere"),
}
COMPLICATIONS: Final[dict[str, str]] = {
    "hematoma": N_("Bruise"),
    "fainting": N_("Fainted"),
    "nerve-pain": N_("Nerve pain"),
    "prolonged-bleeding": N_("Bled long"),
    "nausea": N_("Nausea"),
}
PUNCTURES: Final = frozenset({"venipuncture", "capillary", "arterial"})


@screen("worklist", roles=("technician", "clinician"))
def collect(desk: Desk, task_id: str) -> HttpResponse:
    """Show the rack; take scans; record the collection."""
    if desk.request.method != "POST":
        return page(desk, task_id)
    work = task_of(desk, task_id)
    task = load(desk.record, r4.Task, task_id)
    values = posted_values(desk.request.POST)
    if values.get("do") != "finish":
        return _after_scan(desk, task_id, _of_way(desk, task, values), values)
    return _finish(desk, work, scanned(specimens_of(desk.record, task), values), values)


def _of_way(desk: Desk, task: r4.Task, values: dict[str, str]) -> list[LabelledTube]:
    """The tubes of the way that the form is about."""
    found = _tubes(desk, task, values)
    way = values.get("way") or desk.request.GET.get("way", "")
    ways = list(dict.fromkeys(tube.way for tube in found))
    chosen = way if way in ways else next(iter(ways), "")
    return [tube for tube in found if tube.way == chosen]


def _tubes(desk: Desk, task: r4.Task, values: dict[str, str]) -> list[LabelledTube]:
    printed = bool(facts_named(task, "labels-printed"))
    return labelled_tubes(specimens_of(desk.record, task), values, desk.request.session.get(LOTS_KEY, {}), printed=printed)


def _after_scan(desk: Desk, task_id: str, tubes: Sequence[LabelledTube], values: dict[str, str]) -> HttpResponse:
    """A scan sent by itself: mark its tube, or stop and say what it is."""
    text = values.pop("scan", "").strip()[:80]
    if not text:
        return page(desk, task_id, values=values)
    if take_scan(text, tubes, values, desk.now):
        return page(desk, task_id, values=values)
    return page(desk, task_id, values=values, reasons=desk.reasons(wrong_label(desk, task_id, text)), stopped=text, status=422)


def wrong_label(desk: Desk, task_id: str, text: str) -> tuple[Refusal, ...]:
    """Say what a scanned label is when it is none of this collection's."""
    work = task_of(desk, task_id)
    rows = desk.record.engine.rows("SELECT patient, state FROM specimen_row WHERE accession = ? LIMIT 2", (text,))
    if len(rows) != 1:
        return (Refusal("collection.label.unknown", {"scanned": text[:40]}),)
    patient, state = rows[0]
    if patient != work.patient:
        return (Refusal("collection.label.other-patient"),)
    if state != "labelled":
        return (Refusal("collection.label.used", {"scanned": text}),)
    return (Refusal("collection.label.other-work", {"scanned": text}),)


def _draw(desk: Desk, tubes: Sequence[ScannedTube]) -> Draw:
    posted = desk.request.POST
    way = posted.get("way", "") if posted.get("way") in WAYS else "venipuncture"
    side = posted.get("side", "")
    attempts, stopped = posted.get("failed", ""), posted.get("infusion_stopped", "")
    meal = posted.get("last_meal", "")
    return Draw(
        way="blood_culture" if way == "venipuncture" and any(tube.tube == "BLOOD_CULTURE" for tube in tubes) else way,
        side=cast("Side", side) if side in ("left", "right") else None,
        site=posted.get("site", "") if posted.get("site") in SITES else "",
        last_meal=_local(meal),
        failed_attempts=int(attempts) if attempts in ("1", "2") else 0,
        below_infusion=posted.get("below_infusion") == "yes",
        infusion_stopped_min=int(stopped) if stopped.isdigit() and len(stopped) < 4 else None,
        precautions_seen=tuple(posted.getlist("precautions")),
        complications=tuple(code for code in posted.getlist("complications") if code in COMPLICATIONS),
    )


def _local(text: str) -> datetime | None:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return told if told.tzinfo is not None else timezone.make_aware(told)


def _finish(desk: Desk, work: DueWork, tubes: Sequence[ScannedTube], values: dict[str, str]) -> HttpResponse:
    """Record what was scanned."""
    form, how = _form(desk, work, values), _draw(desk, tubes)
    outcome = desk.act(form, lambda performance: collect_specimens(performance, work.id, tubes, how), patient=f"Patient/{work.patient}")
    if outcome.answer is None:
        return page(desk, work.id, values=values, form=outcome.form, reasons=outcome.reasons, status=outcome.status)
    lots = {tube.tube: [tube.lot, tube.expires_on.isoformat()] for tube in tubes if tube.expires_on is not None}
    desk.request.session[LOTS_KEY] = {**desk.request.session.get(LOTS_KEY, {}), **lots}
    if outcome.answer.done:
        return desk.done(reverse("work", args=[work.id]), notice=_("Collected."))
    return desk.done(reverse("collect", args=[work.id]), notice=_("Recorded. What is still to be collected follows."), tone="info")


def _form(desk: Desk, work: DueWork, values: dict[str, str] | None) -> Form:
    first = {"failed": "0", **(values or {})}
    return desk.form(f"collect:Task/{work.id}", action=reverse("collect", args=[work.id]), patient=f"Patient/{work.patient}", values=first)


def page(
    desk: Desk,
    task_id: str,
    *,
    values: dict[str, str] | None = None,
    form: Form | None = None,
    reasons: tuple[Reason, ...] = (),
    stopped: str = "",
    status: int = 200,
) -> HttpResponse:
    """Draw the page: what to draw before there are labels, the rack to scan after."""
    work = task_of(desk, task_id)
    task = load(desk.record, r4.Task, task_id)
    if work.kind != "collect" or (not reasons and step_url(desk, work, task) is None):
        return HttpResponseRedirect(reverse("work", args=[task_id]))
    if identified(desk, task) is None and not values:
        return HttpResponseRedirect(reverse("identify", args=[task_id]))
    plan = plan_collection(desk.record, task_id, desk.now)
    held = values or {}
    every = _tubes(desk, task, held)
    tubes = _of_way(desk, task, held)
    collected = sum(1 for one in specimens_of(desk.record, task) if specimen_state(one) != "labelled")
    drawn = form if form is not None else _kept_key(_form(desk, work, values), held)
    shown = {
        **_about(desk, work, plan),
        **(_unlabelled(desk, work, plan) if not every else {}),
        **(_labelled(desk, plan, tubes, every) if every else {}),
        "page": desk.page(_("Collect")),
        "work": work,
        "form": drawn,
        "again": values is not None,
        "reasons": reasons,
        "stopped": stopped,
        "stopped_url": f"{reverse('scan')}?code={stopped}" if stopped else None,
        "labelled": bool(every),
        "tubes": tubes,
        "collected": collected,
        **state_values(desk, task_id),
    }
    return render(desk.request, "laboratory/collect.html", shown, status=status)


def _kept_key(form: Form, held: dict[str, str]) -> Form:
    """The form of a page drawn again keeps its key: nothing was done with it yet."""
    key = held.get("idempotency_key", "")
    chosen: dict[str, Any] = {"idempotency_key": key} if key else {}
    return replace(form, **chosen)


def _about(desk: Desk, work: DueWork, plan: CollectionPlan) -> dict[str, object]:
    """What stands above the rack: the patient, what to mind before anything is drawn."""
    own_failed = sum(1 for attempt in plan.failed_attempts if attempt.performer == desk.principal.author)
    return {
        "patient": desk.patient(work.patient),
        "what": what_of(work),
        "preparation": preparation_of(work),
        "plan_reasons": desk.reasons(plan.refusals),
        "small": any(drawn.capillary for drawn in plan.ways.values()),
        "hand_over": own_failed >= ATTEMPTS_MAX,
        "own_failed": own_failed,
        "back_url": reverse("work", args=[work.id]),
        "unable_url": reverse("unable", args=[work.id]),
        "wristband_url": address("wristband", work.patient),
    }


def _unlabelled(desk: Desk, work: DueWork, plan: CollectionPlan) -> dict[str, object]:
    """Before the labels: what will be drawn, with which equipment, and at which printer."""
    form = desk.form(
        f"labels:Task/{work.id}",
        action=reverse("labels", args=[work.id]),
        patient=f"Patient/{work.patient}",
        values={"equipment": "needle", "printer": chosen_printer(desk)},
        prefix="labels",
    )
    return {
        "labels_form": form,
        "racks": [(_(WAYS.get(way, way)), [planned_shape(tube) for tube in drawn.tubes]) for way, drawn in plan.ways.items()],
        "equipment_options": [Option(value=code, text=_(words)) for code, words in EQUIPMENT.items()],
        "printers": printer_options(desk),
    }


def _labelled(desk: Desk, plan: CollectionPlan, tubes: Sequence[LabelledTube], every: Sequence[LabelledTube]) -> dict[str, object]:
    """With labels: the rack to scan, and the questions about the draw."""
    way = tubes[0].way if tubes else ""
    known = names(desk.requirements, reader_language())
    restricted = {code.partition("-")[0]: arm_words(code, code) for code in plan.patient.arms}
    infusion = any(code.endswith("-infusion") for code in plan.patient.arms)
    sides = [("left", _("Left arm")), ("right", _("Right arm"))]
    errors = [
        FieldError(field=f"expires-{tube.accession}", message=_("Scan the tube's own barcode, or enter its last day."))
        for tube in tubes
        if tube.at and not tube.expires
    ]
    return {
        "way": way,
        "way_words": _(WAYS.get(way, way)),
        "other_ways": [_(WAYS.get(one, one)) for one in dict.fromkeys(tube.way for tube in every) if one != way],
        "puncture": way in PUNCTURES,
        "side_options": [
            Option(value=side, text=words, hint=restricted.get(side), tone="danger" if side in restricted else "neutral")
            for side, words in sides
        ],
        "site_options": [Option(value=code, text=_(words)) for code, words in SITES.items()],
        "attempt_options": [Option(value=str(count), text=str(count)) for count in range(3)],
        "precaution_options": [
            Option(value=code, text=known.get(f"precaution:{code}", code).capitalize()) for code in sorted(plan.patient.precautions)
        ],
        "complication_options": [Option(value=code, text=_(words)) for code, words in COMPLICATIONS.items()],
        "fasting": plan.fasting,
        "infusion": infusion,
        "most_meal": timezone.localtime(desk.now).strftime("%Y-%m-%dT%H:%M"),
        "supervisors": desk.supervisors("collect_specimen") if "technician.junior" in desk.principal.roles else (),
        "may_be_supervised": desk.supervisors("collect_specimen"),
        "scan_errors": errors,
        "carries": {tube.accession: json.dumps(dict(tube.carries)) for tube in tubes},
        "scanned_count": sum(1 for tube in tubes if tube.at),
    }
