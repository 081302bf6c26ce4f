"""Tubes as the collection page shows and sends them: planned, labelled, scanned back to the patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from django.http import QueryDict

from benchside.areas.laboratory.acts import ScannedTube
from benchside.areas.laboratory.acts.tubes_kept import accession_of
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.order_of_draw import VENOUS_WAYS, PlannedTube
from benchside.areas.laboratory.screens.rows import CAP_KEYS
from benchside.areas.laboratory.screens.wording import test_name
from benchside.areas.laboratory.tubes import TubeTable, package_tubes
from benchside.areas.laboratory.views.specimens import specimen_state, tests_of_specimen, tube_of
from benchside.fhir import r4
from benchside.pages.shapes import Container, LabelState
from benchside.pages.shapes import Tube as TubeShape
from benchside.terms.gs1 import read_marked
from benchside.workplace.outcomes import reader_language

CONTAINERS: Final[dict[str, Container]] = {
    "BLOOD_CULTURE": "bottle",
    "URINE_CUP": "cup",
    "CAPILLARY": "capillary",
    "EDTA_MICRO": "capillary",
    "HEPARIN_MICRO": "capillary",
    "SERUM_MICRO": "capillary",
}
WITH_GEL: Final = frozenset({"SERUM_GEL", "SERUM_MICRO"})
LOTS_KEY: Final = "laboratory.tube-lots"
"""In the session: the lot and last day of each kind of tube that this person used last."""


@dataclass(frozen=True, slots=True)
class LabelledTube:
    """One labelled tube of a collection. `at`, `expires` and `lot` are as the form holds them now."""

    specimen: str
    accession: str
    code: str
    way: str
    volume_ml: Decimal | None
    shape: TubeShape
    at: str
    expires: str
    lot: str
    carries: Mapping[str, str]
    """Earlier tube's label -> what its additive would do to this one, for a warning before anything is sent."""

    @property
    def told(self) -> datetime | None:
        """When it was scanned; None while it was not."""
        return moment_told(self.at)


def _shape(
    code: str, tests: Sequence[str], volume: Decimal | None, *, position: int, label: LabelState, accession: str | None
) -> TubeShape:
    table, catalogue, language = package_tubes(), package_catalogue(), reader_language()
    tube = table.tubes[code]
    low, high = tube.inversions
    handling = dict.fromkeys(item for test in tests if test in catalogue.tests for item in catalogue.tests[test].definition.handling)
    return TubeShape(
        cap=CAP_KEYS.get(code, "white"),
        additive=f"{tube.cap.text(language)} · {tube.additive.text(language)}",
        volume_ml=volume,
        position=position,
        container=CONTAINERS.get(code, "tube"),
        fill=0.75 if label == "scanned" else 0.0,
        gel=code in WITH_GEL,
        label=label,
        inversions=(str(low) if low == high else f"{low}-{high}") if high else None,
        handling=tuple(catalogue.handling[item].text(language) for item in handling),
        tests=tuple(test_name(test, test) for test in tests),
        accession=accession,
    )


def planned_shape(planned: PlannedTube) -> TubeShape:
    """A tube that has no label yet."""
    return _shape(planned.tube, planned.tests, planned.volume_ml, position=planned.number, label="none", accession=None)


def way_of(specimen: r4.Specimen) -> str:
    """How the tube is drawn: of its tests, or a finger's prick for a micro tube."""
    if tube_of(specimen).endswith("_MICRO"):
        return "capillary"
    catalogue = package_catalogue()
    ways = [catalogue.tests[test].definition.way for test in tests_of_specimen(specimen) if test in catalogue.tests]
    return "venipuncture" if not ways or ways[0] in VENOUS_WAYS else ways[0]


def labelled_tubes(
    specimens: Sequence[r4.Specimen], values: Mapping[str, str], lots: Mapping[str, Sequence[str]], *, printed: bool
) -> list[LabelledTube]:
    """The tubes that wait to be collected, in order of draw. `lots` fills what the form does not say yet."""
    table = package_tubes()
    waiting = [one for one in specimens if specimen_state(one) == "labelled"]
    found: list[LabelledTube] = []
    for position, specimen in enumerate(waiting, 1):
        accession, code = accession_of(specimen), tube_of(specimen)
        used = lots.get(code, ("", ""))
        at = values.get(f"at-{accession}", "")
        label: LabelState = "scanned" if at else "printed" if printed else "printing"
        capacity = specimen.container[0].capacity if specimen.container else None
        volume = capacity.value if capacity is not None else None
        found.append(
            LabelledTube(
                specimen.id or "",
                accession,
                code,
                way_of(specimen),
                volume,
                _shape(code, tests_of_specimen(specimen), volume, position=position, label=label, accession=accession),
                at,
                values.get(f"expires-{accession}", used[1]),
                values.get(f"lot-{accession}", used[0]),
                {},
            )
        )
    return [_with_warnings(tube, found[place + 1 :], table) for place, tube in enumerate(found)]


def _with_warnings(tube: LabelledTube, later: Sequence[LabelledTube], table: TubeTable) -> LabelledTube:
    """What would happen if one of the tubes that belong after this one were drawn before it."""
    language = reader_language()
    effects = {entry.source_tube: entry for entry in table.carry_over}
    carries: dict[str, str] = {}
    for other in later:
        one, two = table.tubes[tube.code], table.tubes[other.code]
        if (one.position, one.within) == (two.position, two.within):
            continue
        entry = effects.get(other.code)
        carries[other.accession] = entry.effect.text(language) if entry is not None and tube.code in entry.into else ""
    return replace(tube, carries=carries)


def moment_told(text: str) -> datetime | None:
    """A scan's moment as the page tells it (ISO, with its offset); None of anything else."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return told.astimezone(UTC) if told.tzinfo is not None else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def scanned(specimens: Sequence[r4.Specimen], values: Mapping[str, str]) -> list[ScannedTube]:
    """What the form says was scanned: the same list for the same form, also when it comes a second time."""
    found: list[ScannedTube] = []
    for specimen in specimens:
        label = accession_of(specimen)
        told = moment_told(values.get(f"at-{label}", ""))
        if told is None:
            continue
        capacity = specimen.container[0].capacity if specimen.container else None
        volume = capacity.value if capacity is not None else None
        lot, expires = values.get(f"lot-{label}", "")[:40], _day(values.get(f"expires-{label}", ""))
        found.append(ScannedTube(label, tube_of(specimen), told, lot, expires, volume))
    return found


def take_scan(text: str, tubes: Sequence[LabelledTube], values: dict[str, str], at: datetime) -> bool:
    """Put one scan where it belongs: a label marks its tube, a manufacturer's code gives lot and last day. False: it is neither."""
    own = next((tube for tube in tubes if tube.accession == text), None)
    if own is not None:
        values[f"at-{own.accession}"] = at.isoformat(timespec="milliseconds")
        return True
    marked = read_marked(text)
    if marked is None or marked.expires_on is None:
        return False
    target = next((tube for tube in tubes if not values.get(f"expires-{tube.accession}", tube.expires)), None)
    for tube in [one for one in tubes if target is not None and one.code == target.code]:
        values[f"expires-{tube.accession}"] = marked.expires_on.isoformat()
        values[f"lot-{tube.accession}"] = marked.lot
    return True


def posted_values(posted: QueryDict) -> dict[str, str]:
    """The form's fields as they were sent, one value each."""
    return {name: posted[name] for name in posted}
