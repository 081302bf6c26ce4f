"""The layouts as data: sizes from the standard, nothing over anything, identifiers everywhere."""

from decimal import Decimal
from itertools import combinations

import pytest

from benchside.wire.labels import DPI_203, DPI_300, LabelRefused, arrange, layouts
from benchside.wire.labels.fields import fields_of
from benchside.wire.labels.layout import Element, TextElement
from benchside.wire.labels.request import PrintRequest
from tests.wire.labels.examples import CONTEXT, specimen, usual_label, wristband

every_layout = pytest.mark.parametrize("name", layouts())


def box(element: Element) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    return element.x, element.y, element.x + element.width, element.y + element.height


@every_layout
def test_everything_is_inside_the_label(name: str) -> None:
    layout = layouts()[name]
    for element in layout.elements:
        left, top, right, bottom = box(element)
        assert left >= 0
        assert top >= 0
        assert right <= layout.width
        assert bottom <= layout.height
        if isinstance(element, TextElement) and element.width_alone is not None:
            assert element.x + element.width_alone <= layout.width
            assert element.beside is not None


@every_layout
def test_no_element_covers_another(name: str) -> None:
    for one, other in combinations(layouts()[name].elements, 2):
        left, top, right, bottom = box(one)
        other_left, other_top, other_right, other_bottom = box(other)
        apart = right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top
        assert apart, (one, other)


@every_layout
def test_every_label_has_two_identifiers_to_read_and_one_to_scan(name: str) -> None:
    """NPSG.01.01.01: two patient identifiers on every label; AUTO12: name first, at the top left."""
    elements = layouts()[name].elements
    texts = [element for element in elements if isinstance(element, TextElement)]
    assert {"patient_name", "record_number", "birth_date_and_sex"} <= {element.field for element in texts}
    assert any(element.field == "barcode" for element in elements)
    first = texts[0]
    assert first.field == "patient_name"
    assert all(first.x <= element.x and first.y <= element.y + Decimal("0.2") for element in texts)
    assert first.height == max(element.height for element in texts)


@pytest.mark.parametrize("name", ["specimen-2x1in", "specimen-50x25mm", "specimen-57x32mm"])
def test_a_tube_label_has_the_five_elements_of_auto12(name: str) -> None:
    """Name, identifier, birth date, collection date and time, collector: the last two are one field."""
    fields = {element.field for element in layouts()[name].elements}
    assert {"patient_name", "record_number", "birth_date_and_sex", "collected"} <= fields
    assert "JSMITH" in fields_of(specimen(), CONTEXT).texts["collected"]


@every_layout
def test_type_is_never_smaller_than_a_person_can_read(name: str) -> None:
    """1.75 mm of type is 5 points, capitals of 1.3 mm."""
    assert all(element.height_min >= Decimal("1.75") for element in layouts()[name].elements if isinstance(element, TextElement))


def test_the_standard_label_is_two_inches_by_one() -> None:
    layout = layouts()["specimen-2x1in"]
    assert (layout.width, layout.height) == (Decimal("50.8"), Decimal("25.4"))  # CLSI AUTO12-A
    assert (DPI_203.dots(layout.width), DPI_203.dots(layout.height)) == (406, 203)
    assert (DPI_300.dots(layout.width), DPI_300.dots(layout.height)) == (610, 305)


def test_layouts_place_only_fields_that_exist() -> None:
    labels = (
        specimen(location="Room 4", specimen_source="Left arm"),
        wristband(),
    )
    again = PrintRequest(copy_number=2, reason="lost")
    known = {"patient_name", "barcode"}
    for label in labels:
        fields = fields_of(label, CONTEXT, again)
        known |= set(fields.texts) | set(fields.lists)
    for layout in layouts().values():
        assert {element.field for element in layout.elements} <= known
        besides = {element.beside for element in layout.elements if isinstance(element, TextElement) and element.beside}
        assert besides <= known


@pytest.mark.parametrize(("layout", "other"), [("specimen-2x1in", "wristband-adult"), ("wristband-adult", "specimen-2x1in")])
def test_a_label_does_not_go_on_another_kind_of_layout(layout: str, other: str) -> None:
    with pytest.raises(LabelRefused, match=r"labels\.layout-for-another-kind"):
        arrange(usual_label(layout), other, DPI_203, CONTEXT)
    with pytest.raises(LabelRefused, match=r"labels\.layout-unknown"):
        arrange(usual_label(layout), "specimen-9x9in", DPI_203, CONTEXT)
