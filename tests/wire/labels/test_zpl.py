"""ZPL II: nothing in a field can command the printer, and every field says what the label says."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.wire.labels import (
    DPI_203,
    DPI_300,
    Drawing,
    LabelRefused,
    PersonName,
    PrintRequest,
    arrange,
    layouts,
    zpl_job,
)
from benchside.wire.labels.barcode import code128
from benchside.wire.labels.content import is_barcode_content, printable_text
from benchside.wire.labels.zpl import LABELS_MAX, code128_field, escape_field
from tests.wire.labels import zpl_reader
from tests.wire.labels.examples import CONTEXT, HOSTILE_NAMES, specimen, usual_label
from tests.wire.labels.paper import printed_zpl, read_symbols

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
identifiers = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=14).filter(is_barcode_content)


def drawing(**changes: object) -> Drawing:
    return arrange(specimen(**changes), "specimen-2x1in", DPI_203, CONTEXT)


def texts(zpl: bytes) -> list[str]:
    """Every text field of the first label, decoded."""
    (label,) = zpl_reader.labels(zpl)
    return [entry.data.decode("utf-8") for entry in label.fields if entry.data is not None and "^A0" in entry.commands]


@given(any_text)
def test_any_text_escaped_and_read_back_by_the_rules_of_fh_is_itself(text: str) -> None:
    assert zpl_reader.decode(escape_field(text), "\\").decode("utf-8") == text


@given(any_text)
def test_an_escaped_text_holds_no_sign_of_a_command(text: str) -> None:
    escaped = escape_field(text)
    assert not set(escaped) & set("^~_\r\n\0\x1b\x02")
    assert escaped.isascii()
    assert escaped.isprintable()


@pytest.mark.parametrize("family", HOSTILE_NAMES)
@pytest.mark.parametrize("layout", ["specimen-2x1in", "specimen-57x32mm", "small-container-38x13mm"])
def test_a_hostile_name_is_printed_and_commands_nothing(family: str, layout: str) -> None:
    label = specimen(patient_name=PersonName(family=family, given=("A",)), collector="~JA", tests=("^XZ", "~HS"), tube="^XZ")
    job = zpl_job((arrange(label, layout, DPI_203, CONTEXT),), "test")
    names = [name for name, _ in zpl_reader.commands(job.data)]
    assert set(names) <= zpl_reader.WRITTEN_COMMANDS
    assert names.count("^XA") == names.count("^XZ") == 1
    assert names[-1] == "^XZ"
    assert b"~" not in job.data
    shown = texts(job.data)
    if "\0" not in family:  # control characters are shown as U+FFFD, which the printer's font lacks: a picture
        wanted = printable_text(family).upper()
        assert any(text.startswith((wanted[:20], wanted.split("...")[0][:8])) for text in shown)


def test_the_name_of_the_well_known_patient_reads_as_it_is() -> None:
    job = zpl_job((drawing(patient_name=PersonName(family="DOE^XA^XZ", given=("Jane",))),), "test")
    assert texts(job.data)[0] == "DOE^XA^XZ, JANE"


@settings(max_examples=150, deadline=None)
@given(any_text, any_text, any_text, st.lists(any_text, max_size=4))
def test_whatever_the_words_say_the_commands_stay_the_same(family: str, given_name: str, tube: str, tests: list[str]) -> None:
    label = specimen(patient_name=PersonName(family=family, given=(given_name,)), tube=tube, tests=tuple(tests))
    try:
        job = zpl_job((arrange(label, "specimen-2x1in", DPI_203, CONTEXT),), "test")
    except LabelRefused as refused:
        assert {refusal.code for refusal in refused.refusals} <= {"labels.patient-name-missing", "labels.characters-without-font"}
        return
    pairs = zpl_reader.commands(job.data)
    assert {name for name, _ in pairs} <= zpl_reader.WRITTEN_COMMANDS
    assert [name for name, _ in pairs].count("^XA") == 1
    assert pairs[-1] == ("^XZ", "\n")
    (read,) = zpl_reader.labels(job.data)
    assert all(entry.data is not None for entry in read.fields if "^A0" in entry.commands)


@settings(max_examples=200, deadline=None)
@given(identifiers)
def test_code_128_field_data_encodes_exactly_the_identifier(identifier: str) -> None:
    assert zpl_reader.code128_content(code128_field(code128(identifier))) == identifier


@settings(max_examples=60, deadline=None)
@given(identifiers)
def test_printed_barcodes_read_back_as_exactly_the_identifier(identifier: str) -> None:
    """The ^BC and ^BX of any printable identifier, drawn by a printer's rules and read by a reader."""
    label = specimen(barcode=identifier)
    try:
        linear = arrange(label, "specimen-57x32mm", DPI_203, CONTEXT)
    except LabelRefused as refused:
        assert [refusal.code for refusal in refused.refusals] == ["labels.barcode-too-long"]
        assert 11 * (len(identifier) + 2) + 13 + 20 > 57 * 8 // 2  # even at two dots a module there is no room
    else:
        assert [symbol.text for symbol in read_symbols(printed_zpl(linear))] == [identifier]
    square = arrange(label, "small-container-38x13mm", DPI_300, CONTEXT)
    assert [symbol.text for symbol in read_symbols(printed_zpl(square))] == [identifier]


@pytest.mark.parametrize("identifier", ["_1_2__d065", "~1~d066", "A^B~C>D\\E", ">:>;>5123456", "26-000123-01", "|_|#@!%$&*"])
def test_signs_that_mean_something_to_bc_or_bx_are_only_data(identifier: str) -> None:
    square = arrange(specimen(barcode=identifier), "small-container-38x13mm", DPI_203, CONTEXT)
    assert [symbol.text for symbol in read_symbols(printed_zpl(square))] == [identifier]
    linear = arrange(specimen(barcode=identifier), "specimen-57x32mm", DPI_203, CONTEXT)
    assert [symbol.text for symbol in read_symbols(printed_zpl(linear))] == [identifier]


@pytest.mark.parametrize(
    ("layout", "resolution", "width", "height"),
    [
        ("specimen-2x1in", DPI_203, "406", "203"),  # 2 x 1 in at 203 and 300 dpi, as label makers give it
        ("specimen-2x1in", DPI_300, "610", "305"),
        ("wristband-adult", DPI_203, "203", "2235"),  # fed sideways: one inch across the head
    ],
)
def test_the_printer_is_told_the_size(layout: str, resolution: object, width: str, height: str) -> None:
    assert resolution in (DPI_203, DPI_300)
    laid_out = arrange(usual_label(layout), layout, DPI_203 if resolution is DPI_203 else DPI_300, CONTEXT)
    (label,) = zpl_reader.labels(zpl_job((laid_out,), "test").data)
    assert (label.settings["^PW"], label.settings["^LL"]) == (width, height)
    assert label.settings["^CI"] == "28"


def test_a_name_the_printers_font_lacks_is_sent_as_a_picture() -> None:
    plain = zpl_job((drawing(patient_name=PersonName(family="Mueller", given=("Ann",))),), "test").data
    accented = zpl_job((drawing(patient_name=PersonName(family="Müller", given=("Ann",))),), "test").data
    cyrillic = zpl_job((drawing(patient_name=PersonName(family="Иванова", given=("Анна",))),), "test").data
    assert b"^GFA" not in plain
    assert b"^GFA" not in accented
    assert b"M\\C3\\9CLLER, ANN" in accented
    assert cyrillic.count(b"^GFA") == 1
    match = re.search(rb"\^GFA,(\d+),(\d+),(\d+),([0-9A-F]+)\^FS", cyrillic)
    assert match is not None
    assert int(match[1]) == int(match[2]) == len(match[4]) // 2
    assert int(match[1]) % int(match[3]) == 0


@pytest.mark.parametrize("layout", layouts())
@pytest.mark.parametrize("family", ["Whitfield", "כהן", "Ấ Ậ Ễ", "Ā" * 60])
def test_every_place_is_one_that_the_manual_allows(layout: str, family: str) -> None:
    """^FO and ^FT take 0 to 32000; ^GB, ^BC and ^BY sizes of one and more."""
    label = replace(usual_label(layout), patient_name=PersonName(family=family))
    for resolution in (DPI_203, DPI_300):
        for name, parameters in zpl_reader.commands(zpl_job((arrange(label, layout, resolution, CONTEXT),), "test").data):
            if name in ("^FO", "^FT"):
                assert all(0 <= int(number) <= 32_000 for number in parameters.split(","))
            if name in ("^GB", "^BY"):
                assert all(int(number) >= 1 for number in parameters.split(","))


def test_a_job_has_one_format_a_label_and_its_identifier() -> None:
    labels = tuple(drawing(container_number=number, barcode=f"26-000123-0{number}") for number in (1, 2, 3))
    job = zpl_job(labels, "job-26-7")
    assert job.label_count == 3
    assert job.data.count(b"^XA") == job.data.count(b"^XZ") == job.data.count(b"benchside job-26-7") == 3


@pytest.mark.parametrize("job_id", ["", "a^XZ", "a b", "a~JA", "x" * 65, "a\n"])
def test_a_job_identifier_cannot_command_either(job_id: str) -> None:
    with pytest.raises(ValueError, match="no job identifier"):
        zpl_job((drawing(),), job_id)


@pytest.mark.parametrize("count", [0, LABELS_MAX + 1])
def test_a_job_has_a_first_and_a_largest_size(count: int) -> None:
    with pytest.raises(LabelRefused, match=r"labels\.label-count-invalid"):
        zpl_job((drawing(),) * count, "test")


def test_a_copy_says_so_and_keeps_the_barcode() -> None:
    again = PrintRequest(copy_number=2, reason="damaged")
    data = zpl_job((arrange(specimen(), "specimen-2x1in", DPI_203, CONTEXT, again),), "test").data
    first = zpl_job((drawing(),), "test").data
    assert "COPY 2" in texts(data)
    assert not any(text.startswith("COPY") for text in texts(first))
    barcode = re.compile(rb"\^BC.*?\^FS")
    assert barcode.findall(data) == barcode.findall(first)
