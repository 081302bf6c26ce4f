"""Fitting by rule F1 to F4, as tables; and on paper, that what was fitted stays in its box."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.wire.labels import DPI_203, DPI_300, LabelRefused, PersonName, Resolution, arrange, layouts
from benchside.wire.labels.arrangement import Text
from benchside.wire.labels.fitting import Box, fit_first, list_forms, name_forms, word_forms
from benchside.wire.labels.layout import TextElement
from benchside.wire.labels.typefaces import PACKAGED_TYPEFACES, is_resident
from tests.wire.labels.examples import CONTEXT, specimen, usual_label, wristband
from tests.wire.labels.paper import ink_box, zpl_images


def half(text: str) -> float:
    """A font whose every character is half as wide as the type is high."""
    return len(text) * 0.5


def fitted(name: PersonName, characters: int) -> str | None:
    """The form of a name that fits in so many characters of the smallest type."""
    found = fit_first(name_forms(name), Box(width=characters * 5, height=10, height_min=10), half)
    return found.text if found else None


MARISOL = PersonName(family="Whitfield", given=("Marisol", "Ann", "Beatriz", "Clara"))


@pytest.mark.parametrize(
    ("name", "characters", "text"),
    [
        pytest.param(MARISOL, 24, "WHITFIELD, MARISOL A B C", id="F2-family-given-initials"),
        pytest.param(MARISOL, 23, "WHITFIELD, MARISOL ...", id="F2-initials-go-and-it-shows"),
        pytest.param(MARISOL, 21, "WHITFIELD, MARISO...", id="F2-letters-of-the-given-name-go-next"),
        pytest.param(PersonName(family="Whitfield", given=("Marisol",)), 18, "WHITFIELD, MARISOL", id="F2-no-initials"),
        pytest.param(PersonName(family="Whitfield", given=("Marisol",)), 17, "WHITFIELD, MAR...", id="F2-given-cut"),
        pytest.param(MARISOL, 15, "WHITFIELD, M...", id="F2-one-letter-stays"),
        pytest.param(MARISOL, 14, "WHITF..., M...", id="F2-family-cut"),
        pytest.param(MARISOL, 12, "WHI..., M...", id="F2-shortest"),
        pytest.param(MARISOL, 11, None, id="F2-refused-below"),
        pytest.param(PersonName(family="Óscar-Muñoz"), 11, "ÓSCAR-MUÑOZ", id="F2-family-alone"),
        pytest.param(PersonName(text="unknown male 3"), 14, "UNKNOWN MALE 3", id="F2-text"),
        pytest.param(PersonName(text="unknown male 3"), 13, "UNKNOWN MA...", id="F2-text-cut"),
        pytest.param(PersonName(family="Nguyễn", given=("Ái",)), 20, "NGUYỄN, ÁI", id="F2-vietnamese"),
    ],
)
def test_name(name: PersonName, characters: int, text: str | None) -> None:
    assert fitted(name, characters) == text


def test_name_gets_smaller_type_before_it_gets_shorter() -> None:
    name = PersonName(family="Whitfield", given=("Marisol", "Ann"))
    found = fit_first(name_forms(name), Box(width=160, height=20, height_min=12), half)
    assert found is not None
    assert (found.text, found.height) == ("WHITFIELD, MARISOL A", 16)  # 20 characters of half a height in 160


@pytest.mark.parametrize(
    ("text", "characters", "shown"),
    [
        pytest.param("Lavender EDTA", 13, "Lavender EDTA", id="F3-fits"),
        pytest.param("Lavender EDTA", 12, "Lavender...", id="F3-cut-without-hanging-space"),
        pytest.param("Lavender EDTA", 4, "L...", id="F3-shortest"),
    ],
)
def test_words(text: str, characters: int, shown: str) -> None:
    found = fit_first(word_forms(text), Box(width=characters * 5, height=10, height_min=10), half)
    assert found is not None
    assert found.text == shown


@pytest.mark.parametrize(
    ("characters", "shown"),
    [
        pytest.param(16, "CBC, BMP, FE, B1", id="F4-fits"),
        pytest.param(15, "CBC, BMP, FE +1", id="F4-one-missing"),
        pytest.param(14, "CBC, BMP +2", id="F4-two-missing"),
        pytest.param(6, "CBC +3", id="F4-first-only"),
    ],
)
def test_list(characters: int, shown: str) -> None:
    forms = list_forms(("CBC", "BMP", "FE", "B1"), "+{count}")
    found = fit_first(forms, Box(width=characters * 5, height=10, height_min=10), half)
    assert found is not None
    assert found.text == shown


def test_a_letter_is_never_cut_from_its_marks() -> None:
    devanagari = "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI VOWEL SIGN I}\N{DEVANAGARI LETTER RA}\N{DEVANAGARI VOWEL SIGN AA}"
    cuts = list(word_forms(devanagari))
    assert cuts == [devanagari, devanagari[:2] + "..."]


@pytest.mark.parametrize("field", ["record_number", "accession"])
def test_f1_an_identifier_is_printed_whole_or_refused(field: str) -> None:
    label = specimen(**{field: "9" * 22})
    with pytest.raises(LabelRefused, match=r"labels\.text-too-long"):
        arrange(label, "specimen-2x1in", DPI_203, CONTEXT)
    drawing = arrange(specimen(**{field: "9" * 14}), "specimen-2x1in", DPI_203, CONTEXT)
    assert any("9" * 14 in item.text and "..." not in item.text for item in drawing.items if isinstance(item, Text))


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40),
    st.sampled_from([DPI_203, DPI_300]),
    st.integers(min_value=14, max_value=60),
)
def test_font_0_of_a_printer_is_never_wider_than_we_reckon(text: str, resolution: Resolution, height: int) -> None:
    """Ink of the resident font, from glyphs captured on a printer, against our width; and capitals against our height."""
    left, baseline = 40, 120
    data = "".join(f"\\{byte:02X}" for byte in text.encode("ascii"))
    zpl = f"^XA^PW3000^LL200^CI28^FT{left},{baseline}^A0N,{height},{height}^FH\\^FD{data}^FS^XZ".encode("ascii")
    (image,) = zpl_images(zpl, width=3000, height=200, dots_per_mm=resolution.dots_per_mm)
    if not text.strip():
        return
    width = PACKAGED_TYPEFACES.width(text, "bold") * height
    ink_left, ink_top, ink_right, ink_bottom = ink_box(image)
    assert ink_left >= left - 1
    assert ink_right <= left + width + 1
    assert ink_top >= baseline - height
    assert ink_bottom <= baseline + 0.3 * height


@pytest.mark.parametrize("layout", layouts())
@pytest.mark.parametrize("resolution", [DPI_203, DPI_300], ids=["203", "300"])
def test_every_text_stays_in_its_box_with_the_longest_words(layout: str, resolution: Resolution) -> None:
    long_name = PersonName(family="Montgomery-Featherstonehaugh-Cholmondeley", given=("Alexandria", "Josephine", "Wilhelmina"))
    words = tuple(f"TEST{number}" for number in range(30))
    if layouts()[layout].kind == "specimen":
        label = specimen(patient_name=long_name, tests=words, handling=words, tube="Lavender " * 9, location="Room " * 20)
    else:
        label = wristband(patient_name=long_name, alerts=words, facility="Lakeside Clinic " * 8)
    drawing = arrange(label, layout, resolution, CONTEXT)
    elements = {element.field: element for element in drawing.layout.elements if isinstance(element, TextElement)}
    texts = [item for item in drawing.items if isinstance(item, Text)]
    assert len(texts) >= len(elements) - 2  # at most the copy number and one optional text are absent
    for text in texts:
        assert is_resident(text.text)
        assert text.x >= 0
        assert text.x + text.width <= drawing.width
        assert text.baseline - 0.75 * text.height >= 0
        assert text.baseline + 0.25 * text.height <= drawing.height
        smallest = min(resolution.dots(element.height_min) for element in elements.values())
        assert text.height >= smallest
    shown = " ".join(text.text for text in texts)
    assert "..." in shown
    assert "+" in shown or "tests" not in elements


@pytest.mark.parametrize("layout", layouts())
def test_both_resolutions_print_the_same_words(layout: str) -> None:
    words = [
        [item.text for item in arrange(usual_label(layout), layout, resolution, CONTEXT).items if isinstance(item, Text)]
        for resolution in (DPI_203, DPI_300)
    ]
    assert words[0] == words[1]
