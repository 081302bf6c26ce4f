"""Where things stand on a label, as data: one layout a size of label (`layouts.yaml`), one resolution a print head."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Literal

import msgspec

from benchside.terms.package_data import package_table
from benchside.terms.refusal import Refusal
from benchside.wire.labels.content import Label, LabelRefused, SpecimenLabel

Weight = Literal["regular", "bold"]
Fit = Literal["name", "identifier", "words", "list"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """A print head's pitch. Heads sold as 203, 300 and 600 dpi have 8, 12 and 24 dots a millimetre."""

    name: str
    dots_per_mm: int

    def dots(self, length_mm: Decimal) -> int:
        """Return the whole number of dots nearest to a length in millimetres."""
        return int((length_mm * self.dots_per_mm).to_integral_value(ROUND_HALF_EVEN))


DPI_203 = Resolution("203 dpi", 8)
DPI_300 = Resolution("300 dpi", 12)
DPI_600 = Resolution("600 dpi", 24)
RESOLUTIONS: Mapping[int, Resolution] = {203: DPI_203, 300: DPI_300, 600: DPI_600}


class TextElement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="text"):
    """A line of text in a box; lengths in millimetres, `x` and `y` of the top left corner."""

    field: str
    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    height_min: Decimal
    weight: Weight
    fit: Fit
    align: Literal["left", "right"] = "left"
    style: Literal["plain", "inverse"] = "plain"
    beside: str | None = None
    width_alone: Decimal | None = None


class Code128Element(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="code128"):
    """A Code 128 symbol with its quiet zones in a box; lengths in millimetres."""

    field: Literal["barcode"]
    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    module_min: Decimal
    module_max: Decimal


class DataMatrixElement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="data_matrix"):
    """A square Data Matrix (ECC 200) with its quiet zones in a box; lengths in millimetres."""

    field: Literal["barcode"]
    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    module_min: Decimal
    module_max: Decimal


Element = TextElement | Code128Element | DataMatrixElement


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One size of label. `feed` sideways: it leaves the printer turned a quarter, as wristbands do."""

    kind: Literal["specimen", "wristband"]
    title: str
    width: Decimal
    height: Decimal
    feed: Literal["upright", "sideways"]
    elements: tuple[Element, ...]


@cache
def layouts() -> Mapping[str, Layout]:
    """Return every layout by its name, from `layouts.yaml`."""
    return package_table("benchside.wire.labels", "layouts.yaml", dict[str, Layout])


def layout_for(label: Label, name: str) -> Layout:
    """Return the layout called `name`. Raises LabelRefused when there is none or it is for another kind of label."""
    layout = layouts().get(name)
    if layout is None:
        raise LabelRefused((Refusal("labels.layout-unknown", {"layout": name[:80]}),))
    if layout.kind != ("specimen" if isinstance(label, SpecimenLabel) else "wristband"):
        raise LabelRefused((Refusal("labels.layout-for-another-kind", {"layout": name}),))
    return layout
