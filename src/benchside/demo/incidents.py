"""What goes wrong on a demo day, and how the clinic deals with it: each incident belongs to one visit of the day.

`open_ends` leaves some of it undone, so that every screen of the demo clinic has something true to show; otherwise all
that can be brought to its end is brought there before the day is over.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from benchside.areas.laboratory.acts import (
    EnteredValue,
    amend_result,
    call_critical_value,
    cancel_order,
    enter_result,
    record_unable_to_collect,
    reject_specimen,
    release_work,
    send_message,
)
from benchside.areas.laboratory.acts.receiving import Rejected
from benchside.areas.laboratory.acts.resulting import EnteredResults, Verified
from benchside.areas.staff.acts import cosign, review_override
from benchside.demo.day import HOURS, MENU, ORDERERS, VISITS, Day, Visit, tubes_in_words
from benchside.demo.history import analyzer_of
from benchside.demo.house import COAGULATION_CONTROL, COLLECTION_ROOMS, expired_tube_lot, reagent_lot
from benchside.demo.patients import Profile
from benchside.demo.staff import BY_NAME
from benchside.demo.words import chance
from benchside.record import Record

FULL_DAY: Final[tuple[tuple[float, str], ...]] = (
    (0.04, "critical"),
    (0.08, "rejected"),
    (0.12, "lapsed"),
    (0.17, "amended"),
    (0.22, "own-result"),
    (0.27, "cosigned"),
    (0.30, "control-due"),
    (0.35, "patient-refused"),
    (0.42, "no-vein"),
    (0.47, "cancelled"),
    (0.53, "message"),
    (0.60, "unread"),
)
"""Which visit, as a share of the day's visits, meets which incident."""

OPEN_ENDS: Final[tuple[tuple[float, str], ...]] = (
    (0.19, "unread"),
    (0.38, "late"),
    (0.50, "critical-uncalled"),
    (0.55, "rejected-late"),
    (0.62, "late"),
    (0.44, "unverified"),
    (0.58, "unverified"),
)
"""What the demo clinic has beside them, left open for whoever tries it."""

RUSH: Final = 14
RUSH_BEGINS: Final = timedelta(hours=4, minutes=25)
"""With `open_ends` so many more come between this and an hour later: work in every state when the clock stops."""

BEDSIDE_VISITS: Final = 12
PRESSING: Final = ("stat", "urgent", "urgent", "routine", "routine", "routine")

Say = Callable[[datetime, str], None]


class EventfulDay(Day):
    """A day with its incidents."""

    def __init__(
        self,
        record: Record,
        people: Sequence[Profile],
        seed: int,
        begin: datetime,
        *,
        hours: float = HOURS,
        visits: int = VISITS,
        open_ends: bool = False,
        say: Say = lambda at, text: None,
    ) -> None:
        incidents = (*FULL_DAY, *OPEN_ENDS) if open_ends else FULL_DAY
        super().__init__(record, people, seed, begin, hours=hours, visits=visits, incidents=incidents, say=say)
        self.open_ends = open_ends
        self._bedside(people)
        if open_ends:
            self._rush(people)
        for name in ("critical", "critical-uncalled", "rejected", "rejected-late", "amended", "own-result", "control-due"):
            self.turns[name, "order"] = self._order_of_incident
        self.turns |= {
            ("lapsed", "claim"): self._lapsed_claims,
            ("lapsed", "collect"): self._lapsed_collects,
            ("rejected", "spin"): self._rejects,
            ("rejected-late", "spin"): self._rejects,
            ("cosigned", "receive"): self._junior_receives,
            ("patient-refused", "collect"): self._patient_refuses,
            ("no-vein", "collect"): self._finds_no_vein,
            ("cancelled", "claim"): self._cancels,
            ("unread", "order"): self._nobody_reads,
            ("late", "order"): self._nobody_comes,
            ("late", "claim"): lambda visit, moment: None,
            ("bedside", "claim"): self._at_the_bedside,
        }
        self.on_entered |= {
            "own-result": self._verifies_own_result,
            "control-due": self._control_is_due,
            "unverified": lambda visit, moment, entered: None,
        }
        self.on_verified |= {
            "critical": self._calls,
            "critical-uncalled": lambda visit, moment, verified: None,
            "amended": self._amends,
            "message": self._asks,
        }

    def _others(self, people: Sequence[Profile], name: str, count: int) -> list[Profile]:
        """Adults who do not come anyway."""
        coming = {profile.number for profile in self.chosen}
        rest = [profile for profile in people if profile.age(self.begin.date()) >= 18 and profile.number not in coming]
        found = chance(self.seed, name).sample(rest, k=count)
        self.chosen += found
        return found

    def _rush(self, people: Sequence[Profile]) -> None:
        for place, profile in enumerate(self._others(people, "rush", RUSH)):
            random = chance(self.seed, "rush", place)
            visit = Visit(
                900 + place, profile, random.choice(MENU), random.choice(PRESSING), random.choice(ORDERERS), random.choice(COLLECTION_ROOMS)
            )
            self.arrive(visit, self.begin + RUSH_BEGINS + timedelta(minutes=62 * place / RUSH))

    def _bedside(self, people: Sequence[Profile]) -> None:
        """Vital signs and finger sticks through the day; the last of them stay open where the clock stops."""
        for place, profile in enumerate(self._others(people, "bedside", BEDSIDE_VISITS)):
            code = ("VITALS", "VITALS", "POCGLU", "VITALS", "EKG12", "VITALS")[place % 6]
            visit = Visit(
                800 + place, profile, (code,), "routine", "maya" if place % 2 else "omar", f"demo-exam-{1 + place % 3}", "bedside"
            )
            self.arrive(visit, self.begin + timedelta(minutes=20 + 29 * place))

    def _order_of_incident(self, visit: Visit, moment: datetime) -> None:
        """The visit's order is what its incident needs."""
        wanted: dict[str, tuple[tuple[str, ...], str, dict[str, str]]] = {
            "critical": (("BMP",), "urgent", {"POTASSIUM": "6.8"}),
            "critical-uncalled": (("CBC",), "urgent", {"HGB": "6.3", "HCT": "19.4"}),
            "rejected": (("BMP",), "urgent", {}),
            "rejected-late": (("CBC",), "routine", {}),
            "amended": (("BMP",), "routine", {"GLUCOSE": "118"}),
            "own-result": (("CRP",), "urgent", {}),
            "control-due": (("INR",), "stat", {"INR": "2.6"}),
        }
        visit.codes, visit.priority, visit.given = wanted[visit.incident]
        visit.orderer = "clara" if visit.orderer in ("clara", "omar") else "daniel"
        visit.unread = visit.incident == "critical-uncalled"
        self.do_order(visit, moment)

    # A sign-off has lapsed: refused, handed over

    def _lapsed_claims(self, visit: Visit, moment: datetime) -> None:
        visit.collector = "aisha"
        self.claimed(visit, moment)

    def _lapsed_collects(self, visit: Visit, moment: datetime) -> None:
        self.refused(moment, "aisha", "collect", lambda: self.crew.collect("aisha", moment, visit.work, visit.profile))
        lot = expired_tube_lot(self.crew.today(moment))
        release_work(self.crew.by("aisha", moment), visit.work, "venipuncture sign-off has lapsed")
        visit.collector = "tomas"
        self.crew.claim("tomas", moment + timedelta(minutes=2), visit.work)

        def takes_over(later: datetime) -> None:
            self.crew.identify("tomas", later, visit.work, visit.profile)
            self.refused(
                later, "tomas", "use an expired tube", lambda: self.crew.collect("tomas", later, visit.work, visit.profile, lot=lot)
            )
            self.do_collect(visit, later)

        self.at(moment + timedelta(minutes=4), takes_over)

    # A tube is rejected and collected again

    def _rejects(self, visit: Visit, moment: datetime) -> None:
        cause, text = ("HEMOLYZED", "free haemoglobin 3+") if visit.incident == "rejected" else ("CLOTTED", "clot on the stick")
        rejected = reject_specimen(self.crew.by("hugo", moment), visit.specimens[0], cause, text)
        self.tally.rejected += 1
        self.say(
            moment, f"{BY_NAME['hugo'].name} rejects a tube of {visit.name}: {cause.lower()}; {', '.join(rejected.lost)} to be drawn again"
        )
        if rejected.kept:
            self.later(visit, "measure_kept", moment, 14)
        if visit.incident == "rejected":
            self.at(moment + timedelta(minutes=11), lambda later: self._recollects(visit, later, rejected))

    def do_measure_kept(self, visit: Visit, moment: datetime) -> None:
        """What the rejected tube still serves is measured from it."""
        order = visit.orders["BMP"]
        kept = ["SODIUM", "CHLORIDE", "CO2", "BUN", "CREATININE", "GLUCOSE", "CALCIUM"]
        entered = self.crew.measure(moment, order, "BMP", visit.specimens, visit.profile, {}, kept)
        if entered is not None:
            self.entered(visit, moment + timedelta(minutes=2), entered)

    def _recollects(self, visit: Visit, moment: datetime, rejected: Rejected) -> None:
        visit.work = rejected.recollection
        who, begin = self.free(("tomas", "keiko", "sena"), moment, 8)

        def again(later: datetime) -> None:
            self.crew.claim(who, later, visit.work)
            self.crew.identify_and_label(who, later, visit.work, visit.profile)
            collected = self.crew.collect(who, later, visit.work, visit.profile)
            self.tally.recollected += 1
            self.tally.tubes += len(collected.specimens)
            self.say(later, f"{BY_NAME[who].name} collects again from {visit.name}: {tubes_in_words(len(collected.specimens))}")
            self.at(later + timedelta(minutes=9), lambda then: received(then, collected.specimens))

        def received(later: datetime, specimens: tuple[str, ...]) -> None:
            self.crew.receive("hugo", later, specimens)
            self.tally.received += len(specimens)
            self.at(later + timedelta(minutes=24), lambda then: measured(then, specimens))

        def measured(later: datetime, specimens: tuple[str, ...]) -> None:
            order = visit.orders["BMP"]
            entered = self.crew.measure(later, order, "BMP", specimens, visit.profile, {}, rejected.lost)
            if entered is not None:
                self.entered(visit, later + timedelta(minutes=2), entered)

        self.at(begin, again)

    # A critical value is called

    def _calls(self, visit: Visit, moment: datetime, verified: Verified) -> None:
        if not verified.calls:
            return
        call, doctor = verified.calls[0], f"Practitioner/{BY_NAME[visit.orderer].practitioner}"

        def rings(later: datetime) -> None:
            call_critical_value(self.crew.by("victor", later), call, "not-reached", person=doctor, text="no answer at the desk")
            self.say(later, f"{BY_NAME['victor'].name} calls {BY_NAME[visit.orderer].name} about {visit.name}: no answer")

        def reaches(later: datetime) -> None:
            call_critical_value(self.crew.by("victor", later), call, "reached", person=doctor)

        def hears(later: datetime) -> None:
            call_critical_value(self.crew.by("victor", later), call, "read-back-right", person=doctor, read_back="6.8 mmol/L")
            self.tally.called += 1
            self.say(later, f"{BY_NAME[visit.orderer].name} reads the critical potassium of {visit.name} back: 6.8")

        self.at(moment + timedelta(minutes=2), rings)
        self.at(moment + timedelta(minutes=7), reaches)
        self.at(moment + timedelta(minutes=8), hears)

    # A result is corrected after release

    def _amends(self, visit: Visit, moment: datetime, verified: Verified) -> None:
        line = next(line for line in verified.lines if line.analyte == "GLUCOSE")

        def corrects(later: datetime) -> None:
            amend_result(self.crew.by("sena", later, signed=True), line.observation, "181", "dilution was not multiplied in")
            self.tally.amended += 1
            self.say(later, f"{BY_NAME['sena'].name} corrects glucose of {visit.name} from 118 to 181; who had seen it is told")

        self.at(moment + timedelta(minutes=26), corrects)

    # Two overrides, both for somebody else to review

    def _verifies_own_result(self, visit: Visit, moment: datetime, entered: EnteredResults) -> None:
        """Entered again by hand and verified by the same person, refused first, then with a reason."""
        device = analyzer_of("CRP")
        lots = [reagent_lot(self.crew.today(moment), device)]
        value = entered.lines[0].value.split()[0]
        rows = self.crew.record.engine.rows("SELECT specimen FROM result_row WHERE id = ?", (entered.lines[0].observation,))
        by_hand = enter_result(
            self.crew.by("victor", moment), visit.orders["CRP"], rows[0][0], [EnteredValue("CRP", value)], device=device, lots=lots
        )
        self.refused(moment, "victor", "verify what he entered", lambda: self.crew.verify("victor", moment, by_hand))
        self._overrides(visit, moment, by_hand, "victor", "The only one at the bench; the value was read twice.", "nobody-else-available")

    def _control_is_due(self, visit: Visit, moment: datetime, entered: EnteredResults) -> None:
        """Measured while the control was good, looked at when it no longer was."""

        def looks(later: datetime) -> None:
            self.refused(later, "hugo", "release without a control", lambda: self.crew.verify("hugo", later, entered))
            words = "Bleeding patient in room 3, the control is running beside."
            self._overrides(visit, later + timedelta(minutes=3), entered, "victor", words, "patient-in-danger")

        self.at(max(moment, self.begin + COAGULATION_CONTROL + timedelta(minutes=1)), looks)

    def _overrides(self, visit: Visit, moment: datetime, entered: EnteredResults, who: str, words: str, reason: str) -> None:
        def does(later: datetime) -> None:
            more = {"override_reason": reason, "override_text": words}
            verified = self.crew.verify(who, later, entered, signed=True, **more)
            self.tally.verified += 1
            self.tally.overridden += 1
            self.say(later, f"{BY_NAME[who].name} verifies for {visit.name} in spite of it: {reason}")
            self.at(later + timedelta(minutes=20), lambda then: self.acknowledge(visit, then, verified))
            if not self.open_ends:
                self.at(later + timedelta(minutes=55), self._reviews)

        self.at(moment, does)

    def _reviews(self, moment: datetime) -> None:
        rows = self.crew.record.engine.rows(
            "SELECT id FROM work_row WHERE open = 1 AND kind = 'review-override' ORDER BY due_us, id LIMIT 1"
        )
        for (task,) in rows:
            review_override(self.crew.by("lena", moment, signed=True), task, "Looked at it with them: justified.", justified=True)
            self.say(moment, f"{BY_NAME['lena'].name} reviews an override: justified")

    # A junior works, a technician co-signs

    def _junior_receives(self, visit: Visit, moment: datetime) -> None:
        self.refused(moment, "june", "receive alone", lambda: self.crew.receive("june", moment, visit.specimens))
        self.crew.receive("june", moment, visit.specimens, cosigned="keiko")
        self.received(visit, moment, "june")
        if not self.open_ends:
            self.at(moment + timedelta(minutes=35), lambda later: self._cosigns(later, "keiko"))

    def _cosigns(self, moment: datetime, who: str) -> None:
        owner = f"Practitioner/{BY_NAME[who].practitioner}"
        sql = "SELECT id FROM work_row WHERE open = 1 AND kind = 'cosign' AND owner = ? ORDER BY id LIMIT 20"
        for (task,) in self.crew.record.engine.rows(sql, (owner,)):
            cosign(self.crew.by(who, moment, signed=True), task)
            self.tally.cosigned += 1
        self.say(moment, f"{BY_NAME[who].name} co-signs what {BY_NAME['june'].name} did")

    # At the bedside

    def _at_the_bedside(self, visit: Visit, moment: datetime) -> None:
        code = visit.codes[0]
        if code == "EKG12":  # its recorder is not connected yet: the order waits for it
            return
        who = "june" if code == "VITALS" and visit.number % 4 == 0 else "tomas"
        self.crew.claim(who, moment, visit.work)

        def charts(later: datetime) -> None:
            if code == "POCGLU":
                self.crew.finger_stick(who, later, visit.work, visit.profile)
            else:
                self.crew.vital_signs(who, later, visit.work, visit.profile, cosigned="sena" if who == "june" else "")
            self.tally.bedside += 1
            if who == "june" and not self.open_ends:
                self.at(later + timedelta(minutes=30), lambda then: self._cosigns(then, "sena"))
            self.say(later, f"{BY_NAME[who].name} charts {'glucose' if code == 'POCGLU' else 'vital signs'} of {visit.name}")

        self.at(moment + timedelta(minutes=6), charts)

    # Not collected

    def _patient_refuses(self, visit: Visit, moment: datetime) -> None:
        record_unable_to_collect(
            self.crew.by(visit.collector, moment), visit.work, "patient-refused", "wants to speak with the doctor first"
        )
        self.tally.unable += 1
        self.say(moment, f"{visit.name} refuses the draw; {BY_NAME[visit.orderer].name} is told")

    def _finds_no_vein(self, visit: Visit, moment: datetime) -> None:
        record_unable_to_collect(
            self.crew.by(visit.collector, moment), visit.work, "two-attempts-failed", "veins roll, warm the arm first", failed_attempts=2
        )
        self.tally.unable += 1
        self.say(moment, f"{BY_NAME[visit.collector].name} hands {visit.name} over after two attempts")
        visit.collector = "sena" if visit.collector != "sena" else "tomas"

        def takes_over(later: datetime) -> None:
            self.crew.claim(visit.collector, later, visit.work)
            self.crew.identify(visit.collector, later, visit.work, visit.profile)
            self.do_collect(visit, later)

        self.at(moment + timedelta(minutes=9), takes_over)

    def _cancels(self, visit: Visit, moment: datetime) -> None:
        for own in visit.orders.values():
            cancel_order(self.crew.by(visit.orderer, moment), own, "done elsewhere yesterday")
            self.tally.cancelled += 1
        self.say(moment, f"{BY_NAME[visit.orderer].name} cancels what was ordered for {visit.name}")

    # Nobody looks, somebody asks

    def _nobody_reads(self, visit: Visit, moment: datetime) -> None:
        visit.unread, visit.priority = True, "urgent"
        self.do_order(visit, moment)

    def _nobody_comes(self, visit: Visit, moment: datetime) -> None:
        visit.priority = "urgent"
        self.do_order(visit, moment)

    def _asks(self, visit: Visit, moment: datetime, verified: Verified) -> None:
        def writes(later: datetime) -> None:
            send_message(
                self.crew.by("omar", later),
                [f"Practitioner/{BY_NAME['keiko'].practitioner}"],
                "Is there enough left in the tube for a CRP?",
                patient_id=visit.profile.id,
                about=f"DiagnosticReport/{verified.report}",
                ask=True,
            )
            self.tally.messages += 1
            self.say(later, f"{BY_NAME['omar'].name} asks the laboratory about {visit.name}")

        self.at(moment + timedelta(minutes=5), writes)
