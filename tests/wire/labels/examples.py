"""Labels to test with; everybody in them is invented."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from benchside.wire.labels import PersonName, PrintContext, SpecimenLabel, WristbandLabel, layouts

CONTEXT = PrintContext(zone=ZoneInfo("America/Chicago"))
COLLECTED = datetime(2026, 11, 21, 13, 42, tzinfo=UTC)

SPECIMEN_LAYOUTS = tuple(name for name, layout in layouts().items() if layout.kind == "specimen")
WRISTBAND_LAYOUTS = tuple(name for name, layout in layouts().items() if layout.kind == "wristband")

HOSTILE_NAMES = (
    "DOE^XA^XZ",
    "~JA~HS",
    "^FS^FO0,0^GB400,200,200^FS",
    "O\\5EXA\\&NEILL",
    "_5EXZ",
    "^CC!~CT!",
    "DOE\r\n^XZ\x00\x1b\x02",
    '! U1 setvar "device.reset" ""\r\n',
    "{}^DFR:A.ZPL^FS",
)
"""Family names that would command a printer if one character of them were sent as it is."""


def specimen(**changes: Any) -> SpecimenLabel:
    """Return an ordinary specimen label with some fields changed."""
    usual: dict[str, Any] = {
        "patient_name": PersonName(family="Whitfield", given=("Marisol", "Ann")),
        "birth_date": "1984-03-05",
        "record_number": "00412873",
        "accession": "26-000123",
        "barcode": "26-000123-01",
        "collected": COLLECTED,
        "collector": "JSMITH",
        "tests": ("CBC", "HBA1C"),
        "tube": "LAV EDTA 4 mL",
        "priority": "stat",
        "container_number": 1,
        "container_count": 3,
        "sex": "female",
        "handling": ("ICE",),
    }
    return SpecimenLabel(**(usual | changes))


def wristband(**changes: Any) -> WristbandLabel:
    """Return an ordinary wristband with some fields changed."""
    usual: dict[str, Any] = {
        "patient_name": PersonName(family="Whitfield", given=("Marisol", "Ann")),
        "birth_date": "1984-03-05",
        "record_number": "00412873",
        "barcode": "00412873",
        "sex": "female",
        "facility": "Lakeside Clinic",
        "visit_number": "V-2026-5512",
        "alerts": ("ALLERGY", "FALL RISK"),
    }
    return WristbandLabel(**(usual | changes))


def usual_label(layout_name: str) -> SpecimenLabel | WristbandLabel:
    """Return an ordinary label for a layout of either kind."""
    return specimen() if layouts()[layout_name].kind == "specimen" else wristband()
