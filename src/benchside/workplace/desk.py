"""The person at their desk for one request: who, on which device, when; their pages, forms and acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from benchside.accounts.models import Person as Account
from benchside.accounts.models import Tablet
from benchside.accounts.network import client_address
from benchside.accounts.principal import Principal
from benchside.accounts.proof import proves
from benchside.accounts.scopes import reach
from benchside.accounts.sign_in import Throttled
from benchside.accounts.tablets import tablet_of
from benchside.pages import drafts, idempotency, patient_check
from benchside.pages.request import again, new_form, page_for
from benchside.pages.shapes import FieldError, Form, Notice, Option, Page, Patient, Person, Reason, Tone, Undo
from benchside.readiness.facts import Performer
from benchside.readiness.performing import NamedSupervisor, Performance, site_requirements
from benchside.readiness.requirements import Requirements
from benchside.readiness.staff import performer_of_principal, staff_name, staff_with_role
from benchside.record import Gone, NotFound, Record, VersionConflict
from benchside.terms.refusal import ActRefused, Refusal
from benchside.workplace.criticals import unanswered
from benchside.workplace.notices import tell, told
from benchside.workplace.outcomes import Outcome, changed_meanwhile, reasons_of, status_of
from benchside.workplace.patients import header_patient, note_read
from benchside.workplace.places import navigation

T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """Who asks, on which device, when. Made by `screen` for each request; `place` is the navigation place that is lit."""

    request: HttpRequest
    account: Account
    principal: Principal
    person: Person
    record: Record
    now: datetime
    place: str = ""

    @cached_property
    def tablet(self) -> Tablet | None:
        """The registered tablet this request came from; None for any other device."""
        return tablet_of(self.request.COOKIES.get(settings.BENCHSIDE_TABLET_COOKIE))

    @property
    def device(self) -> str:
        """The tablet as a commit names it: its record, else its name; "" on a device that is not registered."""
        return (self.tablet.reference or self.tablet.name) if self.tablet is not None else ""

    @cached_property
    def requirements(self) -> Requirements:
        """The acts' requirements with the site's own rules laid over. Raises SiteRulesInvalid."""
        return site_requirements(self.record)

    @cached_property
    def performer(self) -> Performer:
        """The person as the gate sees them; one that the record does not know may do nothing."""
        try:
            return performer_of_principal(self.record, self.principal, self.now, self.requirements)
        except NotFound:
            return Performer(self.principal.author, "unknown", active=False)

    def page(self, title: str, notices: Sequence[Notice] = (), **shell: Any) -> Page:
        """Give the shell of a page: navigation of the role with counts, critical banner, what is to be told once. `title` in the reader's words.

        `shell` goes to `benchside.pages.request.page_for`.
        """
        once, undo = ((), None) if self.is_fragment else told(self.request)
        values: dict[str, Any] = {
            "person": self.person,
            "navigation": navigation(self.record, self.principal.roles, self.principal.author, self.place),
            "criticals": unanswered(self.record, self.principal),
            "undo": undo,
            "lock_after_s": settings.BENCHSIDE_LOCK_AFTER_S,
            "has_pin": bool(self.account.pin),
            **shell,
        }
        return page_for(self.request, title=title, site=settings.BENCHSIDE_SITE_NAME, now=self.now, notices=(*once, *notices), **values)

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of a page (rows of a list), not for a page."""
        return self.request.headers.get("HX-Request") == "true" and self.request.headers.get("HX-Boosted") != "true"

    def form(
        self,
        name: str,
        *,
        action: str | None = None,
        patient: str | None = None,
        values: Mapping[str, str | Sequence[str]] | None = None,
        prefix: str = "f",
    ) -> Form:
        """Make a form to draw for the first time; `action` is this address by default, `patient` (`Patient/12`) ties it to one patient."""
        owner = self.principal.author if patient is not None else None
        return new_form(name, action or self.request.get_full_path(), patient=patient, person=owner, values=values, prefix=prefix)

    def patient(self, patient_id: str) -> Patient:
        """Give the patient for the page's header and keep that they were looked at. Raises Http404, PermissionDenied, OSError."""
        if reach(self.principal, "Patient", "r") != "all":
            raise PermissionDenied
        found = header_patient(self.record, patient_id, self.now, self.requirements)
        if found is None:
            raise Http404("There is no such patient.")
        note_read(self.principal, patient_id, self.place, self.now)
        return found

    def reasons(self, refusals: Sequence[Refusal]) -> tuple[Reason, ...]:
        """Write refusals in the reader's language."""
        return reasons_of(refusals, self.requirements)

    def supervisors(self, act_name: str) -> tuple[Option, ...]:
        """List who may supervise this act now, the performer left out, for `act.supervisor`. Raises UnknownAct."""
        rule = self.requirements.act(act_name).supervision
        roles = rule.by if rule is not None else ()
        found = {who for role in roles for who in staff_with_role(self.record, role, self.now)} - {self.principal.author}
        return tuple(sorted((Option(value=who, text=staff_name(self.record, who)) for who in found), key=lambda option: option.text))

    def performance(self, *, signed: bool = False) -> Performance:
        """Give the performance of the posted form: its key, the tablet, supervisor, override, and the signature.

        `signed` says that the person has just proved who they are; else the posted `signature` is checked.
        Raises UnusableKey, and Throttled after too many wrong signatures.
        """
        posted = self.request.POST
        named = posted.get("supervisor", "")
        supervisor = None
        if named:
            cosign = posted.get("supervision") == "cosign"
            supervisor = NamedSupervisor(named, present=not cosign, will_cosign=cosign)
        return Performance(
            self.record,
            self.principal,
            self.now,
            device=self.device,
            supervisor=supervisor,
            signed_at=self.now if signed or self.signed() else None,
            override_reason=posted.get("override_reason", ""),
            override_text=posted.get("override_text", ""),
            request_key=idempotency.checked_key(posted.get(idempotency.KEY_FIELD)),
        )

    def signed(self) -> bool:
        """Say whether the form carries this person's password or PIN. Raises Throttled."""
        secret = self.request.POST.get("signature", "")
        return bool(secret) and proves(self.account, secret, client_address(self.request), at=self.now)

    def act(self, form: Form, act: Callable[[Performance], T], *, patient: str | None = None) -> Outcome[T]:
        """Turn the posted form into an act: done with its answer, or refused with every reason and the form to draw again.

        `form` is the form as `desk.form` makes it; `patient` is whom the act is about. A patient, an unusable key or a signature
        that does not fit is told in the form; the gate's and the area's reasons as reasons. Raises Http404.
        """
        posted = self.request.POST
        try:
            returned = again(form, posted, ())
        except idempotency.UnusableKey:
            return Outcome(
                replace(form, errors=(FieldError(field="", message=_("Open this page again and send the form once more.")),)), status=422
            )
        errors, performance = self._checked(patient)
        if performance is None:
            return Outcome(replace(returned, errors=errors), status=422)
        try:
            return Outcome(returned, act(performance))
        except ActRefused as refused:
            return Outcome(returned, reasons=self.reasons(refused.refusals), status=status_of(refused.refusals))
        except VersionConflict:
            return Outcome(returned, reasons=(changed_meanwhile(),), status=409)
        except (NotFound, Gone) as absent:
            raise Http404(str(absent)) from absent

    def _checked(self, patient: str | None) -> tuple[tuple[FieldError, ...], Performance | None]:
        """Check what the shared fields of the form say; errors, or the performance."""
        sent = self.request.POST.get(patient_check.FIELD)
        if patient is not None and not patient_check.matches(
            sent, patient=patient, person=self.principal.author, site_secret=settings.SECRET_KEY
        ):
            return (FieldError(field="", message=_("This form was opened for another patient. Open it again from the right chart.")),), None
        try:
            performance = self.performance()
        except Throttled as brake:
            until = timezone.localtime(brake.until).strftime("%H:%M")
            return (FieldError(field="signature", message=_("Too many wrong entries. Try again after %(time)s.") % {"time": until}),), None
        if self.request.POST.get("signature") and performance.signed_at is None:
            return (FieldError(field="signature", message=_("That is not your password or PIN. Enter it again.")),), None
        return (), performance

    def done(self, location: str, notice: str | None = None, *, undo: Undo | None = None, tone: Tone = "good") -> HttpResponse:
        """Answer a done act: 303 to `location`, where `notice` is told once and `undo` is offered; the device forgets the draft."""
        tell(self.request, Notice(text=notice, tone=tone) if notice else None, undo)
        answer = HttpResponseRedirect(location)
        answer.status_code = 303
        key = self.request.POST.get(idempotency.KEY_FIELD)
        if key:
            drafts.finish(answer, idempotency.checked_key(key), secure=self.request.is_secure())
        return answer
