"""The people of the demo at work: every step is one of the product's acts, done by somebody at a told moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from benchside.accounts.principal import Principal
from benchside.areas.bedside.acts import perform_point_of_care_test, record_vitals
from benchside.areas.bedside.vitals import Reading, package_vitals
from benchside.areas.laboratory.acts import (
    Draw,
    EnteredValue,
    OrderItem,
    ScannedTube,
    centrifuge,
    claim_work,
    collect_specimens,
    confirm_labels,
    enter_result,
    identify_patient,
    place_order,
    print_labels,
    receive_specimen,
    verify_result,
)
from benchside.areas.laboratory.acts.collecting import Collected
from benchside.areas.laboratory.acts.ordering import PlacedOrders
from benchside.areas.laboratory.acts.resulting import EnteredResults, Verified
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.views.specimens import tube_of
from benchside.demo.history import analyzer_of
from benchside.demo.house import CENTRIFUGE, METER, PRINTER, reagent_lot, strip_lot, tube_lot
from benchside.demo.patients import Profile, measured
from benchside.demo.staff import BY_NAME
from benchside.fhir import r4
from benchside.readiness.facts import Lot
from benchside.readiness.gathering.identification import identification_of
from benchside.readiness.gathering.kept import load
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.identity import Identity
from benchside.readiness.performing import NamedSupervisor, Performance
from benchside.record import Record

SPUN: Final = frozenset({"SERUM_GEL", "HEPARIN"})
CLOTTING: Final = timedelta(minutes=35)
FASTED: Final = timedelta(hours=11)


@dataclass(frozen=True, slots=True)
class Crew:
    """The staff at work on a record; `at` of every step is the demo's clock."""

    record: Record

    def by(self, username: str, at: datetime, *, signed: bool = False, beside: str = "", cosigned: str = "", **more: Any) -> Performance:
        """A performance of somebody: with a fresh signature, with a supervisor beside them, or with one who will co-sign."""
        supervisor = None
        if name := beside or cosigned:
            reference = f"Practitioner/{BY_NAME[name].practitioner}"
            supervisor = NamedSupervisor(reference, present=bool(beside), will_cosign=bool(cosigned))
        return Performance(self.record, BY_NAME[username].principal, at, supervisor=supervisor, signed_at=at if signed else None, **more)

    def instrument(self, device: str, at: datetime) -> Performance:
        """A performance of an analyzer: a connected system."""
        return Performance(self.record, Principal("system", 0, device, f"Device/{device}", ("system.interface",), frozenset()), at)

    def today(self, at: datetime) -> date:
        """The day at the site."""
        return at.astimezone(self.record.policy.zone).date()

    def order(self, who: str, at: datetime, profile: Profile, codes: Sequence[str], priority: str, location: str) -> PlacedOrders:
        """A clinician orders; what needs fasting is ordered so, and what stands already is wanted all the same."""
        items = [OrderItem(code, fasting=code == "LIPID") for code in codes]
        return place_order(self.by(who, at), profile.id, items, priority=priority, location=location, confirmed=codes)

    def claim(self, who: str, at: datetime, work: str) -> None:
        """Somebody takes the work."""
        claim_work(self.by(who, at), work)

    def identify(self, who: str, at: datetime, work: str, profile: Profile) -> None:
        """Name and date of birth asked for."""
        patient = patient_facts(self.record, profile.id, at)
        identify_patient(self.by(who, at), work, Identity(patient.family, patient.given, patient.birth_date))

    def identify_and_label(self, who: str, at: datetime, work: str, profile: Profile) -> None:
        """Two identifiers asked for, then the labels printed at the chair."""
        self.identify(who, at, work, profile)
        print_labels(self.by(who, at), work, PRINTER)
        confirm_labels(self.by(who, at), work, PRINTER, printed=True)

    def collect(self, who: str, at: datetime, work: str, profile: Profile, *, lot: Lot | None = None, **more: Any) -> Collected:
        """Every labelled tube drawn and scanned, from the arm that may be used."""
        patient = patient_facts(self.record, profile.id, at)
        used = lot or tube_lot(self.today(at))
        rows = self.record.engine.rows(
            "SELECT s.id FROM specimen_row s JOIN specimen_order o ON o.specimen = s.id JOIN work_order w ON w.order_id = o.order_id "
            "WHERE w.work = ? AND s.state = 'labelled' GROUP BY s.id, s.accession ORDER BY s.accession LIMIT 60",
            (work,),
        )
        tubes: list[ScannedTube] = []
        for (own,) in rows:
            specimen = load(self.record, r4.Specimen, own)
            capacity = specimen.container[0].capacity if specimen.container else None
            volume = capacity.value if capacity is not None else None
            label = specimen.accessionIdentifier.value or "" if specimen.accessionIdentifier is not None else ""
            tubes.append(ScannedTube(label, tube_of(specimen), at, used.number, used.expires_on, volume or Decimal(3)))
        draw = Draw(
            way="urine" if all(tube.tube.startswith("URINE") for tube in tubes) else "venipuncture",
            side="right" if any(arm.startswith("left") for arm in patient.arms) else "left",
            last_meal=at - FASTED,
            precautions_seen=tuple(sorted(patient.precautions)),
        )
        return collect_specimens(self.by(who, at, **more), work, tubes, draw)

    def receive(self, who: str, at: datetime, specimens: Sequence[str], **more: Any) -> None:
        """Every tube scanned in at the laboratory's door."""
        for own in specimens:
            rows = self.record.engine.rows("SELECT accession FROM specimen_row WHERE id = ? AND state = 'collected'", (own,))
            for (accession,) in rows:
                receive_specimen(self.by(who, at, **more), accession)

    def spin(self, who: str, at: datetime, specimens: Sequence[str]) -> int:
        """The tubes that are spun, spun together; how many they were."""
        marks = ",".join("?" * len(specimens))
        rows = self.record.engine.rows(
            f"SELECT id, tube FROM specimen_row WHERE id IN ({marks}) AND state = 'received' AND spun_us IS NULL ORDER BY id",  # noqa: S608 - only marks; the values are bound
            tuple(specimens),
        )
        load_ = [own for own, tube in rows if tube in SPUN]
        if load_:
            centrifuge(self.by(who, at), load_, CENTRIFUGE, program_g=1500, minutes=10)
        return len(load_)

    def measure(
        self,
        at: datetime,
        order: str,
        code: str,
        specimens: Sequence[str],
        profile: Profile,
        given: dict[str, str],
        tests: Sequence[str] = (),
    ) -> EnteredResults | None:
        """An analyzer answers for one order: what it measured, or what is `given`; None when none of the tubes holds its tests."""
        catalogue = package_catalogue()
        wanted = tests or [name for name in catalogue.results_of(code) if catalogue.analyte(name).formula is None]
        marks = ",".join("?" * len(specimens))
        rows = self.record.engine.rows(
            f"SELECT s.id FROM specimen_row s JOIN specimen_order o ON o.specimen = s.id WHERE o.order_id = ? AND s.state = 'received' "  # noqa: S608 - only marks; the values are bound
            f"AND s.id IN ({marks}) ORDER BY s.accession LIMIT 1",
            (order, *specimens),
        )
        if not rows:
            return None
        on, device = self.today(at), analyzer_of(code)
        values = [EnteredValue(name, given.get(name) or measured(profile, name, on, 1.0, order)) for name in wanted]
        return enter_result(self.instrument(device, at), order, rows[0][0], values, device=device, lots=[reagent_lot(on, device)])

    def verify(self, who: str, at: datetime, entered: EnteredResults, **more: Any) -> Verified:
        """A second pair of eyes releases a report; changes that asked for a look were looked at."""
        seen = [line.analyte for line in entered.lines if line.delta_exceeded]
        return verify_result(self.by(who, at, **more), entered.report, delta_reviewed=seen)

    # At the bedside

    def vital_signs(self, who: str, at: datetime, work: str, profile: Profile, **more: Any) -> None:
        """Identified, measured, charted."""
        patient = patient_facts(self.record, profile.id, at)
        self.identify(who, at, work, profile)
        readings = [Reading(sign, value, package_vitals().signs[sign].unit) for sign, value in profile.signs(str(at)).items()]
        record_vitals(
            self.by(who, at, **more),
            profile.id,
            readings,
            identification_of(self.record, load(self.record, r4.Task, work)),
            work_id=work,
            devices=["demo-monitor-1"],
            precautions_seen=tuple(sorted(patient.precautions)),
        )

    def finger_stick(self, who: str, at: datetime, work: str, profile: Profile) -> None:
        """A drop of blood, a meter, a number."""
        patient = patient_facts(self.record, profile.id, at)
        self.identify(who, at, work, profile)
        test = package_catalogue().tests["POCGLU"]
        perform_point_of_care_test(
            self.by(who, at),
            work,
            test.facts.loinc,
            Decimal(measured(profile, "POCGLU", self.today(at), 1.0, str(at))),
            test.facts.unit,
            identification_of(self.record, load(self.record, r4.Task, work)),
            meter=METER,
            strip=strip_lot(self.today(at)),
            precautions_seen=tuple(sorted(patient.precautions)),
        )
