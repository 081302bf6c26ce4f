"""What a label must and must not say, and why it is refused."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# fontTools has no types.

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.terms.refusal_words import text_of
from benchside.wire.labels import DPI_203, LabelRefused, PersonName, PrintContext, PrintRequest, Typefaces, arrange
from benchside.wire.labels.arrangement import Text
from benchside.wire.labels.content import is_barcode_content, is_identifier, printable_text, reasons_not_to_print
from benchside.wire.labels.fields import fields_of
from benchside.wire.labels.request import REPRINT_REASONS, reasons_not_to_print_again
from benchside.wire.labels.words import words_by_language, words_of
from tests.wire.labels.examples import CONTEXT, specimen, wristband

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"patient_name": PersonName()}, "labels.patient-name-missing"),
    ({"patient_name": PersonName(family=" ", given=("\u200d", ""))}, "labels.patient-name-missing"),
    ({"patient_name": PersonName(family="A" * 301)}, "labels.patient-name-too-long"),
    ({"birth_date": ""}, "labels.birth-date-invalid"),
    ({"birth_date": "03/05/1984"}, "labels.birth-date-invalid"),
    ({"birth_date": "1984-13-01"}, "labels.birth-date-invalid"),
    ({"record_number": ""}, "labels.record-number-missing"),
    ({"record_number": "12\n34"}, "labels.record-number-not-printable"),
    ({"record_number": " 1234"}, "labels.record-number-not-printable"),
    ({"record_number": "12\u202e34"}, "labels.record-number-not-printable"),
    ({"record_number": "12\u200d34"}, "labels.record-number-not-printable"),
    ({"record_number": "9" * 41}, "labels.record-number-not-printable"),
    ({"accession": ""}, "labels.accession-missing"),
    ({"accession": "26\x00"}, "labels.accession-not-printable"),
    ({"barcode": ""}, "labels.barcode-not-printable"),
    ({"barcode": "26-é"}, "labels.barcode-not-printable"),
    ({"barcode": "26\t1"}, "labels.barcode-not-printable"),
    ({"priority": "fast"}, "labels.priority-unknown"),
    ({"container_number": 0}, "labels.container-number-invalid"),
    ({"container_number": 4}, "labels.container-number-invalid"),
    ({"collected": datetime(2026, 11, 21, 7, 42)}, "labels.collected-without-time-zone"),  # noqa: DTZ001  naive on purpose
    ({"tests": ("CBC",) * 41}, "labels.too-many-words"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED, ids=[f"{code}-{number}" for number, (_, code) in enumerate(REFUSED)])
def test_one_reason(changes: dict[str, Any], code: str) -> None:
    assert [refusal.code for refusal in reasons_not_to_print(specimen(**changes))] == [code]


@pytest.mark.parametrize("birth_date", ["1984-03-05", "1984-03", "1984"])
def test_a_birth_date_is_printed_as_far_as_it_is_known(birth_date: str) -> None:
    assert reasons_not_to_print(specimen(birth_date=birth_date)) == ()
    assert fields_of(specimen(birth_date=birth_date), CONTEXT).texts["birth_date_and_sex"] == f"DOB {birth_date} F"


def test_every_reason_comes_at_once() -> None:
    label = specimen(patient_name=PersonName(), birth_date="?", record_number="", barcode="")
    with pytest.raises(LabelRefused) as refused:
        arrange(label, "specimen-2x1in", DPI_203, CONTEXT, PrintRequest(copy_number=2))
    assert [refusal.code for refusal in refused.value.refusals] == [
        "labels.patient-name-missing",
        "labels.birth-date-invalid",
        "labels.record-number-missing",
        "labels.barcode-not-printable",
        "labels.reprint-reason-missing",
    ]


def test_every_refusal_can_be_told_in_both_languages() -> None:
    for changes, _ in REFUSED:
        for refusal in reasons_not_to_print(specimen(**changes)):
            assert text_of(refusal, "en").words != text_of(refusal, "es").words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ann  Marie", "Ann Marie"),
        ("Ann\u00a0Marie", "Ann Marie"),
        ("Ann\r\nMarie\t", "Ann Marie"),
        ("Ann\x00Marie", "Ann\ufffdMarie"),
        ("\u202eeoD", "\ufffdeoD"),  # turns the reading direction: a name could read as another
        ("Do\u00ade", "Do\ufffde"),
        ("e\u0301", "é"),
        ("\ud800", "\ufffd"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian spelling needs the non-joiner
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert printable_text(text) == shown


@given(st.text(max_size=60))
def test_printable_text_is_one_line_and_settled(text: str) -> None:
    line = printable_text(text)
    assert not set(line) & set("\r\n\t\x00\x1b\u2028\u202e\u2066")
    assert printable_text(line) == line


@given(st.text(max_size=45))
def test_barcode_content_is_an_identifier_of_ascii(text: str) -> None:
    if is_barcode_content(text):
        assert text.isascii()
        assert is_identifier(text)
        assert text == text.strip()


@pytest.mark.parametrize(
    ("request_", "codes"),
    [
        (PrintRequest(), []),
        (PrintRequest(copy_number=2, reason="damaged"), []),
        (PrintRequest(copy_number=2, reason="other", reason_text="The nurse asked for a second one"), []),
        (PrintRequest(copy_number=2), ["labels.reprint-reason-missing"]),
        (PrintRequest(copy_number=2, reason="because"), ["labels.reprint-reason-missing"]),
        (PrintRequest(copy_number=2, reason="other", reason_text="  "), ["labels.reprint-reason-in-words-missing"]),
        (PrintRequest(copy_number=2, reason="lost", reason_text="x" * 201), ["labels.reprint-reason-too-long"]),
        (PrintRequest(copy_number=0), ["labels.copy-number-invalid"]),
        (PrintRequest(copy_number=100, reason="lost"), ["labels.copy-number-invalid"]),
        (PrintRequest(copy_number=1, reason="lost"), ["labels.first-print-with-reason"]),
    ],
)
def test_a_reprint_says_why(request_: PrintRequest, codes: list[str]) -> None:
    assert [refusal.code for refusal in reasons_not_to_print_again(request_)] == codes


def test_words_are_complete_in_every_language() -> None:
    languages = words_by_language()
    assert set(languages) == {"en", "es"}
    assert set(languages["en"]) == set(languages["es"])
    assert all(set(words) == {"en", "es"} for words in REPRINT_REASONS.values())
    with pytest.raises(LookupError, match="no words"):
        words_of("tlh")


def test_times_are_the_sites() -> None:
    assert fields_of(specimen(), CONTEXT).texts["collected"] == "Coll 2026-11-21 07:42 by JSMITH"


def test_what_is_written_by_hand_has_its_lines() -> None:
    texts = fields_of(specimen(collected=None, collector=None), CONTEXT).texts
    assert texts["collected"] == "Coll ____-__-__ __:__ by ________"


def test_a_spanish_label_says_it_in_spanish() -> None:
    spanish = PrintContext(zone=CONTEXT.zone, language="es")
    drawing = arrange(specimen(), "specimen-2x1in", DPI_203, spanish, PrintRequest(copy_number=2, reason="lost"))
    shown = [item.text for item in drawing.items if isinstance(item, Text)]
    assert {"NHC 00412873", "Nac 1984-03-05 F", "1 de 3", "COPIA 2"} <= set(shown)


@pytest.mark.parametrize("priority", ["urgent", "asap", "stat", "timed"])
def test_priority_is_shown_unless_routine(priority: str) -> None:
    assert fields_of(specimen(priority=priority), CONTEXT).has("priority")
    assert not fields_of(specimen(priority="routine"), CONTEXT).has("priority")


def test_a_script_without_a_font_is_refused_and_named() -> None:
    with pytest.raises(LabelRefused) as refused:
        arrange(wristband(patient_name=PersonName(family="山田", given=("太郎",))), "wristband-adult", DPI_203, CONTEXT)
    (refusal,) = refused.value.refusals
    assert refusal.code == "labels.characters-without-font"
    assert refusal.facts["characters"] == "山田太郎"


def test_a_site_can_add_a_font(tmp_path: Any) -> None:
    font = _font_with("山", tmp_path / "site.ttf")
    name = PersonName(family="山")
    faces = Typefaces((font,))
    drawing = arrange(wristband(patient_name=name), "wristband-adult", DPI_203, CONTEXT, typefaces=faces)
    assert any(isinstance(item, Text) and item.text == "山" for item in drawing.items)


def _font_with(character: str, path: Any) -> Any:
    """Make a TrueType font of one square glyph with fontTools."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(character): "square"})
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 700), (800, 700), (800, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (900, 0), "square": (900, 100)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Square", "styleName": "Regular", "psName": "Square-Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path
