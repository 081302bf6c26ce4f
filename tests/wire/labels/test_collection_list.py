"""The printed round: every patient with both identifiers, tubes in order, codes that open the patient."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pypdfium2 has no types.

from dataclasses import replace

import pypdfium2
import pytest

from benchside.wire.labels import (
    CollectionList,
    CollectionRow,
    CollectionTube,
    LabelRefused,
    PersonName,
    PrintContext,
    collection_list_pdf,
)
from benchside.wire.labels.collection_list import PAPERS, ROWS_MAX
from tests.wire.labels.examples import COLLECTED, CONTEXT
from tests.wire.labels.paper import pdf_image, read_symbols
from tests.wire.labels.test_pdf import text_of_page

BLUE = CollectionTube(words="Light blue citrate 2.7 mL", cap_colour="#8fc8e8")
GOLD = CollectionTube(words="Gold SST 5 mL", cap_colour="#d9a520")
LAVENDER = CollectionTube(words="Lavender EDTA 4 mL", cap_colour="#8a63b5")
ROW = CollectionRow(
    patient_name=PersonName(family="Whitfield", given=("Marisol",)),
    birth_date="1984-03-05",
    record_number="00412873",
    location="Exam room 4",
    due=COLLECTED,
    priority="stat",
    tubes=(BLUE, GOLD, LAVENDER),
    tests=("Prothrombin time", "Basic metabolic panel", "CBC"),
    notes=("Contact precautions", "Left arm only"),
)


def round_of(count: int) -> CollectionList:
    rows = tuple(replace(ROW, record_number=f"{number:08d}") for number in range(count))
    return CollectionList(title="Morning round", printed=COLLECTED, printed_by="J. Smith", rows=rows)


def pages(pdf: bytes) -> int:
    document = pypdfium2.PdfDocument(pdf)
    count = len(document)
    document.close()
    return count


def test_a_row_says_everything_needed_at_the_bedside() -> None:
    text = text_of_page(collection_list_pdf(round_of(1), CONTEXT)).replace("\r\n", " ")
    for words in ("WHITFIELD, MARISOL", "DOB 1984-03-05", "MRN 00000000", "Exam room 4", "2026-11-21 07:42", "STAT"):
        assert words in text
    for words in ("Prothrombin time", "Contact precautions", "Patients 1, tubes 3", "Page 1 of 1", "J. Smith"):
        assert words in text
    order = [text.index(tube.words) for tube in (BLUE, GOLD, LAVENDER)]
    assert order == sorted(order)


def test_cap_colours_are_drawn() -> None:
    document = pypdfium2.PdfDocument(collection_list_pdf(round_of(1), CONTEXT))
    image = document[0].render(scale=2).to_pil().convert("RGB")
    document.close()
    colours = {colour for _, colour in image.getcolors(maxcolors=1_000_000) or ()}
    assert {(0x8F, 0xC8, 0xE8), (0xD9, 0xA5, 0x20), (0x8A, 0x63, 0xB5)} <= colours


@pytest.mark.parametrize("paper", PAPERS)
def test_every_row_of_every_page_can_be_scanned(paper: str) -> None:
    pdf = collection_list_pdf(round_of(40), CONTEXT, paper=paper)
    found: set[str] = set()
    for page in range(pages(pdf)):
        found |= {symbol.text for symbol in read_symbols(pdf_image(pdf, page, 300))}
    assert found == {f"{number:08d}" for number in range(40)}


def test_an_empty_round_says_so_in_the_persons_language() -> None:
    spanish = PrintContext(zone=CONTEXT.zone, language="es")
    text = text_of_page(collection_list_pdf(round_of(0), spanish))
    assert "Nada que recoger." in text
    assert "Lista de tomas: Morning round" in text


def test_a_name_too_long_for_its_column_is_cut_once_and_visibly() -> None:
    name = PersonName(family="Montgomery-Featherstonehaugh", given=("Alexandria", "Josephine"))
    rows = (replace(ROW, patient_name=name),)
    text = text_of_page(collection_list_pdf(replace(round_of(1), rows=rows), CONTEXT))
    line = next(line for line in text.splitlines() if "MONTGOMERY" in line)
    assert "..., A..." in line
    assert "...." not in line.replace("..., A...", "")


def test_longer_lists_are_refused() -> None:
    with pytest.raises(LabelRefused, match=r"labels\.list-too-long"):
        collection_list_pdf(round_of(ROWS_MAX + 1), CONTEXT)


def test_a_script_without_a_font_is_refused_and_named() -> None:
    rows = (replace(ROW, patient_name=PersonName(family="山田")),)
    with pytest.raises(LabelRefused) as refused:
        collection_list_pdf(replace(round_of(1), rows=rows), CONTEXT)
    assert refused.value.refusals[0].facts["characters"] == "山田"


def test_identifiers_are_never_cut_on_a_list_either() -> None:
    rows = (replace(ROW, record_number="A" * 40),)
    text = text_of_page(collection_list_pdf(replace(round_of(1), rows=rows), CONTEXT))
    assert text.count("A" * 10) >= 2
    assert sum(line.count("A") for line in text.splitlines() if set(line) == {"A"}) == 40


def test_what_a_row_cannot_hold_is_refused() -> None:
    rows = (replace(ROW, tubes=(GOLD,) * 21), replace(ROW, priority="fast"))
    with pytest.raises(LabelRefused) as refused:
        collection_list_pdf(replace(round_of(1), rows=rows), CONTEXT)
    assert [refusal.code for refusal in refused.value.refusals] == ["labels.too-many-tubes", "labels.priority-unknown"]
