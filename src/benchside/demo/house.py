"""The house of the demo clinic: organization, rooms, instruments with their calibration and controls, lots, the catalogue."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.catalogue_fhir import catalogue_resources
from benchside.areas.laboratory.critical import package_critical
from benchside.areas.laboratory.reception import package_reception
from benchside.areas.laboratory.tubes import package_tubes
from benchside.demo.staff import ORGANIZATION, SITE_NAME
from benchside.demo.words import to
from benchside.fhir import r4
from benchside.fhir.r4.codes import DeviceStatusCode
from benchside.readiness.facts import Lot
from benchside.readiness.gathering.kept import EQUIPMENT, concept, date_time, extension_url
from benchside.readiness.gathering.lots import LOT, LOT_KIND

ROOMS: Final = (
    ("demo-reception", "Reception", "Waiting area and front desk"),
    ("demo-exam-1", "Examination room 1", "Vital signs and examinations"),
    ("demo-exam-2", "Examination room 2", "Vital signs and examinations"),
    ("demo-exam-3", "Examination room 3", "Vital signs and examinations"),
    ("demo-draw-1", "Draw chair 1", "Blood collection"),
    ("demo-draw-2", "Draw chair 2", "Blood collection"),
    ("demo-ekg", "EKG room", "12-lead EKG"),
    ("demo-lab", "Laboratory", "Chemistry, haematology, coagulation, urine"),
    ("demo-procedure", "Procedure room", "Minor procedures"),
)
COLLECTION_ROOMS: Final = ("demo-draw-1", "demo-draw-1", "demo-draw-2", "demo-exam-1", "demo-exam-2", "demo-exam-3")
PRINTER: Final = "demo-printer-draw"
METER: Final = "demo-meter-1"
CENTRIFUGE: Final = "demo-centrifuge"
ANALYZERS: Final = {
    "chemistry": "demo-analyzer-chemistry",
    "urgent_chemistry": "demo-analyzer-chemistry",
    "endocrine": "demo-analyzer-immunoassay",
    "immunology": "demo-analyzer-immunoassay",
    "hematology": "demo-analyzer-hematology",
    "coagulation": "demo-analyzer-coagulation",
    "urine": "demo-analyzer-urine",
}
"""Which instrument measures which kind of test of the catalogue."""

COAGULATION_CONTROL: Final = timedelta(minutes=170)
"""How long the coagulation analyzer's control holds: it runs out in the middle of the day."""

# id, kind, name, room, hours until calibration is due, control state, hours the control holds, status, serial number
DEVICES: Final[tuple[tuple[str, str, str, str, int | None, str | None, float | None, DeviceStatusCode, str], ...]] = (
    ("demo-printer-draw", "label_printer", "Label printer, collection", "demo-draw-1", None, None, None, "active", "ZD-114-0871"),
    ("demo-printer-lab", "label_printer", "Label printer, laboratory", "demo-lab", None, None, None, "active", "ZD-114-0902"),
    ("demo-analyzer-chemistry", "analyzer", "Chemistry analyzer", "demo-lab", 24 * 40, "passed", 26, "active", "CA-7731"),
    ("demo-analyzer-immunoassay", "analyzer", "Immunoassay analyzer", "demo-lab", 24 * 18, "passed", 26, "active", "IA-2210"),
    ("demo-analyzer-hematology", "analyzer", "Hematology analyzer", "demo-lab", 24 * 75, "passed", 26, "active", "HA-0467"),
    ("demo-analyzer-coagulation", "analyzer", "Coagulation analyzer", "demo-lab", 24 * 9, "passed", COAGULATION_CONTROL / timedelta(hours=1), "active", "CO-3358"),
    ("demo-analyzer-urine", "analyzer", "Urine analyzer", "demo-lab", 24 * 120, "passed", 26, "active", "UR-9001"),
    ("demo-analyzer-old", "analyzer", "Chemistry analyzer (spare)", "demo-lab", -24 * 6, "failed", None, "inactive", "CA-5102"),
    ("demo-meter-1", "point_of_care_meter", "Glucose meter 1", "demo-exam-1", 24 * 60, "passed", 24, "active", "GM-001"),
    ("demo-meter-2", "point_of_care_meter", "Glucose meter 2", "demo-exam-2", -30, "due", None, "active", "GM-002"),
    ("demo-centrifuge", "centrifuge", "Centrifuge", "demo-lab", 24 * 90, None, None, "active", "CF-640"),
    ("demo-ekg-recorder", "ekg_recorder", "EKG recorder", "demo-ekg", 24 * 200, None, None, "active", "EK-12-33"),
    ("demo-monitor-1", "vitals_monitor", "Vital-signs monitor 1", "demo-exam-1", 24 * 150, None, None, "active", "VM-1"),
    ("demo-monitor-2", "vitals_monitor", "Vital-signs monitor 2", "demo-exam-2", -24 * 3, None, None, "active", "VM-2"),
)  # fmt: skip


def tube_lot(today: date) -> Lot:
    """The lot of tubes in use, good for months."""
    return Lot("tube", "T-2617", today + timedelta(days=200))


def expired_tube_lot(today: date) -> Lot:
    """A lot that should no longer lie in a drawer."""
    return Lot("tube", "T-2540", today - timedelta(days=12))


def reagent_lot(today: date, analyzer: str) -> Lot:
    """The reagent on board of an analyzer."""
    return Lot("reagent", f"R-{analyzer[-4:].upper()}-08", today + timedelta(days=90))


def strip_lot(today: date) -> Lot:
    """The strips of the glucose meters."""
    return Lot("test_strip", "S-0419", today + timedelta(days=45))


def lots(today: date) -> Iterator[r4.Substance]:
    """The register of lots: what is in use, one that ran out, one that its maker called back."""
    rows = [
        ("tube-lot", tube_lot(today), "Blood collection tubes", ""),
        ("tube-lot-old", expired_tube_lot(today), "Blood collection tubes", ""),
    ]
    rows += [(f"reagent-{own[14:]}", reagent_lot(today, own), "Reagent pack", own) for own in dict.fromkeys(ANALYZERS.values())]
    rows += [("strips", strip_lot(today), "Glucose test strips", METER)]
    recalled = Lot("reagent", "R-HSTN-03", today + timedelta(days=60), recalled=True)
    rows += [("reagent-recalled", recalled, "Troponin reagent pack", "demo-analyzer-immunoassay")]
    for own, lot, name, device in rows:
        loaded = [r4.Extension(url=extension_url("loaded-on"), valueReference=to("Device", device))] if device else []
        state = [r4.Extension(url=extension_url("recalled"), valueCode="recalled")] if lot.recalled else []
        yield r4.Substance(
            id=f"demo-{own}",
            status="inactive" if lot.recalled else "active",
            code=concept(LOT_KIND, lot.kind),
            identifier=[r4.Identifier(system=LOT, value=lot.number)],
            description=name,
            instance=[r4.SubstanceInstance(identifier=r4.Identifier(system=LOT, value=lot.number), expiry=lot.expires_on.isoformat())],
            extension=[*loaded, *state] or None,
        )


def house(at: datetime) -> Iterator[r4.AnyResource]:
    """Organization, rooms, devices as they stand at `at`, and the whole catalogue as FHIR definitions."""
    yield r4.Organization(
        id=ORGANIZATION,
        active=True,
        name=SITE_NAME,
        telecom=[r4.ContactPoint(system="phone", value="555-0100", use="work")],
        address=[r4.Address(line=["100 Cedar Hollow Road"], city="Springfield", state="IL", postalCode="62701", country="US")],
    )
    for id_, name, purpose in ROOMS:
        yield r4.Location(
            id=id_, status="active", mode="instance", name=name, description=purpose, managingOrganization=to("Organization", ORGANIZATION)
        )
    yield from devices(at)
    yield from lots(at.date())
    yield from catalogue_resources(package_catalogue(), package_tubes(), package_reception(), package_critical())


def devices(at: datetime) -> Iterator[r4.Device]:
    """Every instrument as it stands when the day begins at `at`: the morning's controls have been run."""
    for row in DEVICES:
        yield _device(*row, at=at)


def _device(
    id_: str,
    kind: str,
    name: str,
    room: str,
    calibration_h: int | None,
    control: str | None,
    control_h: float | None,
    status: DeviceStatusCode,
    serial: str,
    *,
    at: datetime,
) -> r4.Device:
    state: list[r4.Extension] = []
    if calibration_h is not None:
        due = date_time(at + timedelta(hours=calibration_h))
        state.append(r4.Extension(url=extension_url("calibration-due"), valueDateTime=due))
    if control is not None:
        state.append(r4.Extension(url=extension_url("control-state"), valueCode=control))
    if control_h is not None:
        state.append(r4.Extension(url=extension_url("control-valid-until"), valueDateTime=date_time(at + timedelta(hours=control_h))))
    if kind == "vitals_monitor":
        state.append(r4.Extension(url=extension_url("calibration-lock"), valueCode="warn"))
    return r4.Device(
        id=id_,
        status=status,
        statusReason=[r4.CodeableConcept(text="waiting for its engineer")] if status == "inactive" else None,
        type=concept(EQUIPMENT, kind),
        deviceName=[r4.DeviceDeviceName(name=name, type="user-friendly-name")],
        serialNumber=serial,
        owner=to("Organization", ORGANIZATION),
        location=to("Location", room),
        url=f"virtual:{id_}" if kind == "label_printer" else None,
        extension=state or None,
    )
