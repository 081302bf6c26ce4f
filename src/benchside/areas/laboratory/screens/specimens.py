"""One tube: its whole story, rejecting it, dividing it."""

from typing import Final

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import aliquot, reject_specimen
from benchside.areas.laboratory.acts.tubes_kept import accession_of
from benchside.areas.laboratory.reception import package_reception
from benchside.areas.laboratory.screens.drawing import drawn, number_of, words_for, wrong
from benchside.areas.laboratory.screens.receiving import TECHNICIANS, tube_lines
from benchside.areas.laboratory.views.specimens import specimen_state, tests_of_specimen
from benchside.areas.laboratory.views.stories import Written, told_about, versions_of
from benchside.areas.laboratory.views.waiting import KeptTube, running, tube_of_id
from benchside.fhir import r4
from benchside.pages.codes import N_
from benchside.pages.shapes import Event, FieldError, Option, Tone
from benchside.readiness.gathering.kept import id_of, load, words_of
from benchside.readiness.staff import staff_name
from benchside.record import Gone, NotFound
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.places import address

ALIQUOTS_SHOWN: Final = 3
STORY_WORDS: Final = {
    "print_label": N_("Label printed"),
    "reprint_label": N_("Label printed again"),
    "label_specimen": N_("Label confirmed"),
    "collect_specimen": N_("Collected"),
    "receive_specimen": N_("Received"),
    "process_specimen": N_("Centrifuged"),
    "reject_specimen": N_("Rejected"),
    "aliquot_specimen": N_("Divided"),
    "enter_result": N_("Entered"),
    "verify_result": N_("Verified and released"),
    "amend_result": N_("Changed after release"),
    "cancel_result": N_("Taken back"),
}
"""What an act did, as the head of a line of a story."""
ACT_ICONS: Final[dict[str, tuple[str, Tone]]] = {
    "print_label": ("label", "neutral"),
    "collect_specimen": ("tube", "info"),
    "receive_specimen": ("inbox", "good"),
    "process_specimen": ("refresh", "info"),
    "reject_specimen": ("stop", "danger"),
    "aliquot_specimen": ("drop", "info"),
}
MESSAGE_WORDS: Final = {
    "rejection": N_("told of the rejection"),
    "critical-call": N_("critical call"),
    "amendment": N_("told of the change"),
    "escalation": N_("escalated to"),
    "message": N_("message to"),
}
STATES: Final = {
    "labelled": (N_("Labelled, not collected"), "neutral", "label"),
    "collected": (N_("On its way"), "info", "transit"),
    "received": (N_("Received"), "good", "inbox"),
    "rejected": (N_("Rejected"), "danger", "stop"),
    "cancelled": (N_("Cancelled"), "neutral", "cancelled"),
}


def tube_for(desk: Desk, specimen_id: str) -> tuple[KeptTube, r4.Specimen]:
    """A tube by its id. Raises Http404."""
    tube = tube_of_id(desk.record, specimen_id)
    if tube is None:
        raise Http404("There is no such tube.")
    try:
        return tube, load(desk.record, r4.Specimen, specimen_id)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent


def act_words(desk: Desk, act: str) -> str:
    """What an act is called, as the head of a line."""
    if act in STORY_WORDS:
        return _(STORY_WORDS[act])
    known = desk.requirements.acts.get(act)
    text = known.text(reader_language()) if known is not None else act.replace("_", " ").replace(".", " ")
    return text[:1].upper() + text[1:]


def story_of(desk: Desk, written: list[Written], *about: str) -> tuple[Event, ...]:
    """A history: every version with who and why, and who was told, newest first."""
    events: list[Event] = []
    for one in written:
        icon, tone = ACT_ICONS.get(one.act, ("dot", "neutral"))
        events.append(
            Event(
                text=act_words(desk, one.act),
                at=one.at,
                by=staff_name(desk.record, one.author),
                detail=one.reason or None,
                tone=tone,
                icon=icon,
            )
        )
    for told in told_about(desk.record, *about) if about else ():
        who = staff_name(desk.record, told.recipient) if told.recipient else _("nobody reached")
        text = f"{who}: {_(MESSAGE_WORDS.get(told.kind, 'message to'))}"
        events.append(
            Event(text=text, at=told.sent, by=staff_name(desk.record, told.sender), detail=told.words or None, tone="info", icon="note")
        )
    return tuple(sorted(events, key=lambda event: event.at, reverse=True))


@screen("receive", methods=("GET",), roles=("technician", "clinician"))
def specimen(desk: Desk, specimen_id: str) -> HttpResponse:
    """A tube's whole story: where it stands, its clocks, what was made of it, who was told."""
    tube, kept = tube_for(desk, specimen_id)
    patient = desk.patient(tube.patient)
    state = specimen_state(kept)
    words, tone, icon = STATES[state]
    line = tube_lines(desk, [running(tube)])[0]
    parts = desk.record.engine.rows("SELECT id, accession FROM specimen_row WHERE parent = ? ORDER BY accession LIMIT 50", (specimen_id,))
    parent = tube_of_id(desk.record, id_of(kept.parent[0], "Specimen")) if kept.parent else None
    recollections = [
        (told.work, address("work", told.work.partition("/")[2])) for told in told_about(desk.record, f"Specimen/{specimen_id}")
    ]
    orders = [id_of(asked, "ServiceRequest") for asked in kept.request or ()]
    container = kept.container[0] if kept.container else None
    return drawn(
        desk,
        "specimen",
        page=desk.page(_("Tube %(label)s") % {"label": tube.accession}),
        patient=patient,
        tube=tube,
        line=line,
        state=state,
        state_words=(_(words), tone, icon),
        additive=words_of(container.additiveCodeableConcept) if container is not None else "",
        clocks=[(one, words_for([one.test])) for one in line.clock.clocks] if state == "received" else [],
        condition=[words_of(one) for one in kept.condition or ()],
        aliquots=[(own, label) for own, label in parts],
        parent=parent,
        recollection=next((found for work, found in recollections if work and found), None),
        orders=[(own, words_for([code])) for own in orders if own for code in _tests_of_order(desk, own)],
        story=story_of(desk, versions_of(desk.record, "Specimen", specimen_id), f"Specimen/{specimen_id}"),
        may_work=desk.performer.profession == "technician" and state in ("collected", "received"),
    )


def _tests_of_order(desk: Desk, order_id: str) -> list[str]:
    return [row[0] for row in desk.record.engine.rows("SELECT test FROM order_row WHERE id = ?", (order_id,)) if row[0]]


@screen("receive", roles=TECHNICIANS)
def reject(desk: Desk, specimen_id: str) -> HttpResponse:
    """Reject a tube with a coded reason: what is lost is collected again, and collector and orderer are told."""
    tube, kept = tube_for(desk, specimen_id)
    patient = desk.patient(tube.patient)
    form = desk.form(f"reject:Specimen/{specimen_id}", patient=patient.reference, values={"reason": desk.request.GET.get("reason", "")})
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        code, text, named = posted.get("reason", ""), posted.get("text", "").strip(), tuple(posted.getlist("tests"))
        errors = [] if code else [FieldError(field="reason", message=_("Choose what is wrong."))]
        outcome = (
            wrong(desk, form, errors)
            if errors
            else desk.act(
                form,
                lambda performance: reject_specimen(performance, specimen_id, code, text, tests=named),
                patient=patient.reference,
            )
        )
        if outcome.answer is not None:
            answer = outcome.answer
            who = ", ".join(staff_name(desk.record, one) for one in answer.told) or _("nobody")
            again = _("It is collected again: %(tests)s.") % {"tests": words_for(answer.lost)} if answer.recollection else ""
            return desk.done(
                reverse("specimen", args=[specimen_id]),
                _("Rejected. Told: %(who)s. %(again)s") % {"who": who, "again": again},
                tone="warning",
            )
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    rules = package_reception().rejections
    options = tuple(
        Option(value=code, text=words_for([code], "rejection")) for code in sorted(rules, key=lambda one: words_for([one], "rejection"))
    )
    return drawn(
        desk,
        "reject",
        status=status,
        page=desk.page(_("Reject %(label)s") % {"label": accession_of(kept)}),
        patient=patient,
        line=tube_lines(desk, [running(tube)])[0],
        form=form,
        reasons=reasons,
        options=options,
        tests=tuple(Option(value=code, text=words_for([code])) for code in tests_of_specimen(kept)),
        supervisors=desk.supervisors("reject_specimen") if desk.performer.level == "junior" else (),
    )


@screen("receive", roles=TECHNICIANS)
def divide(desk: Desk, specimen_id: str) -> HttpResponse:
    """Divide a tube into aliquots, each with its tests and destination; their labels carry the parent's number."""
    tube, kept = tube_for(desk, specimen_id)
    patient = desk.patient(tube.patient)
    tests = tests_of_specimen(kept)
    form = desk.form(f"aliquot:Specimen/{specimen_id}", patient=patient.reference, values={"tests_1": tests})
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        errors: list[FieldError] = []
        volume = number_of(desk, "volume_ml", errors)
        rows = [(tuple(posted.getlist(f"tests_{n}")), posted.get(f"to_{n}", "").strip()) for n in range(1, ALIQUOTS_SHOWN + 1)]
        wanted = [(codes, to) for codes, to in rows if codes]
        errors += [
            FieldError(field=f"to_{n}", message=_("Say where this aliquot goes."))
            for n, (codes, to) in enumerate(rows, 1)
            if codes and not to
        ]
        if not wanted:
            errors.append(FieldError(field="tests_1", message=_("Choose the tests of at least one aliquot.")))
        outcome = (
            wrong(desk, form, errors)
            if errors
            else desk.act(form, lambda performance: aliquot(performance, specimen_id, wanted, volume_ml=volume), patient=patient.reference)
        )
        if outcome.answer is not None:
            made = ", ".join(outcome.answer.labels)
            return desk.done(reverse("specimen", args=[specimen_id]), _("Divided: %(labels)s. Label each now.") % {"labels": made})
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return drawn(
        desk,
        "aliquot",
        status=status,
        page=desk.page(_("Divide %(label)s") % {"label": accession_of(kept)}),
        patient=patient,
        line=tube_lines(desk, [running(tube)])[0],
        form=form,
        reasons=reasons,
        tests=tuple(Option(value=code, text=words_for([code])) for code in tests),
        numbers=range(1, ALIQUOTS_SHOWN + 1),
        supervisors=desk.supervisors("aliquot_specimen") if desk.performer.level == "junior" else (),
    )
