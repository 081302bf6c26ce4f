"""Putting a label's content in its layout's places, in whole dots of the print head: what ZPL and PDF both draw."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Literal

from benchside.terms.refusal import Refusal
from benchside.wire.labels.barcode import (
    CODE128_QUIET_MODULES,
    DATA_MATRIX_QUIET_MODULES,
    Code128,
    DataMatrix,
    code128,
    data_matrix,
)
from benchside.wire.labels.content import Label, LabelRefused, reasons_not_to_print
from benchside.wire.labels.fields import Fields, PrintContext, fields_of
from benchside.wire.labels.fitting import Box, Fitted, fit_first, list_forms, name_forms, word_forms
from benchside.wire.labels.layout import (
    Code128Element,
    DataMatrixElement,
    Layout,
    Resolution,
    TextElement,
    Weight,
    layout_for,
)
from benchside.wire.labels.request import FIRST_PRINT, PrintRequest, reasons_not_to_print_again
from benchside.wire.labels.typefaces import PACKAGED_TYPEFACES, Typefaces
from benchside.wire.labels.words import words_of

CAPITAL_HEIGHT = 0.75
"""Height of a capital letter in type heights: font 0 has 0.75, the packaged fonts 0.71 to 0.73."""

_INVERSE_TYPE = 0.92
_INVERSE_PADDING = 0.22


Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: `x` and `baseline` in dots from the top left, `height` of type.

    The text is at most `width` wide; in a font that needs less, it stands at the `align` side of that width.
    """

    text: str
    x: int
    baseline: int
    height: int
    width: int
    weight: Weight
    is_inverse: bool = False
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Block:
    """A filled black rectangle, in dots."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Bars:
    """A Code 128: first bar at `x`, bars `height` tall, each module `module` dots wide."""

    symbol: Code128
    x: int
    y: int
    height: int
    module: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """A Data Matrix: top left module at `x`, `y`, each module `module` dots square."""

    symbol: DataMatrix
    x: int
    y: int
    module: int


Item = Text | Block | Bars | Matrix


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything on one label, in drawing order, in dots of `resolution`."""

    layout: Layout
    resolution: Resolution
    typefaces: Typefaces
    width: int
    height: int
    items: tuple[Item, ...]


def arrange(
    label: Label,
    layout_name: str,
    resolution: Resolution,
    context: PrintContext,
    request: PrintRequest = FIRST_PRINT,
    typefaces: Typefaces = PACKAGED_TYPEFACES,
) -> Drawing:
    """Return `label` laid out, ready to be written as ZPL or PDF.

    Raises LabelRefused with every reason: missing or unprintable content, a reprint without reason, an identifier or
    barcode too long for this size, a character no font has.
    """
    layout = layout_for(label, layout_name)
    if refusals := reasons_not_to_print(label) + reasons_not_to_print_again(request):
        raise LabelRefused(refusals)
    arranger = _Arranger(layout, layout_name, resolution, fields_of(label, context, request), context, typefaces)
    items = tuple(arranger.items())
    if arranger.refusals:
        raise LabelRefused(tuple(dict.fromkeys(arranger.refusals)))
    size = resolution.dots(layout.width), resolution.dots(layout.height)
    return Drawing(layout, resolution, typefaces, *size, items)


class _Arranger:
    """Places the elements of one layout; collects every refusal instead of stopping at the first."""

    def __init__(
        self,
        layout: Layout,
        layout_name: str,
        resolution: Resolution,
        fields: Fields,
        context: PrintContext,
        typefaces: Typefaces,
    ) -> None:
        self._layout = layout
        self._layout_name = layout_name
        self._dots = resolution.dots
        self._dots_per_mm = resolution.dots_per_mm
        self._fields = fields
        self._more = words_of(context.language)["more"]
        self._typefaces = typefaces
        self.refusals: list[Refusal] = []

    def items(self) -> Iterator[Item]:
        for element in self._layout.elements:
            if isinstance(element, TextElement):
                yield from self._text(element)
            elif isinstance(element, Code128Element):
                yield from self._bars(element)
            else:
                yield from self._matrix(element)

    def _text(self, element: TextElement) -> Iterator[Item]:
        if not self._fields.has(element.field):
            return
        is_inverse = element.style == "inverse"
        box_height = self._dots(element.height)
        padding = round(box_height * _INVERSE_PADDING) if is_inverse else 0
        type_height = round(box_height * _INVERSE_TYPE) if is_inverse else box_height
        room = self._dots(self._width_of(element))
        box = Box(room - 2 * padding, type_height, self._dots(element.height_min))
        fitted = self._fit(element, box)
        if fitted is None:
            return
        width = min(box.width, round(self._typefaces.width(fitted.text, element.weight) * fitted.height + 0.5))
        left = self._dots(element.x)
        if element.align == "right":
            left += room - width - 2 * padding
        top = self._dots(element.y)
        if is_inverse:
            yield Block(left, top, width + 2 * padding, box_height)
            baseline = top + round((box_height + CAPITAL_HEIGHT * fitted.height) / 2)
        else:
            baseline = top + round(CAPITAL_HEIGHT * box_height)
        align = "center" if is_inverse else element.align
        yield Text(fitted.text, left + padding, baseline, fitted.height, width, element.weight, is_inverse, align)

    def _width_of(self, element: TextElement) -> Decimal:
        if element.beside and element.width_alone is not None and not self._fields.has(element.beside):
            return element.width_alone
        return element.width

    def _fit(self, element: TextElement, box: Box) -> Fitted | None:
        forms = self._forms(element)
        fullest = next(forms)
        if missing := self._typefaces.missing_characters(fullest):
            self.refusals.append(Refusal("labels.characters-without-font", {"characters": missing}))
            return None
        fitted = fit_first(chain((fullest,), forms), box, lambda text: self._typefaces.width(text, element.weight))
        if fitted is None:
            facts = {"text": fullest, "layout": self._layout_name}
            self.refusals.append(Refusal("labels.text-too-long", facts))
        return fitted

    def _forms(self, element: TextElement) -> Iterator[str]:
        if element.fit == "name":
            return name_forms(self._fields.name)
        if element.fit == "list":
            return list_forms(self._fields.lists[element.field], self._more)
        text = self._fields.texts[element.field]
        return iter((text,)) if element.fit == "identifier" else word_forms(text)

    def _bars(self, element: Code128Element) -> Iterator[Item]:
        symbol = code128(self._fields.barcode)
        modules = len(symbol.modules) + 2 * CODE128_QUIET_MODULES
        width = self._dots(element.width)
        module = self._module(element, width // modules)
        if module is None:
            return
        left = self._dots(element.x) + (width - len(symbol.modules) * module) // 2
        yield Bars(symbol, left, self._dots(element.y), self._dots(element.height), module)

    def _matrix(self, element: DataMatrixElement) -> Iterator[Item]:
        symbol = data_matrix(self._fields.barcode)
        modules = len(symbol.rows) + 2 * DATA_MATRIX_QUIET_MODULES
        width, height = self._dots(element.width), self._dots(element.height)
        module = self._module(element, min(width, height) // modules)
        if module is None:
            return
        size = len(symbol.rows) * module
        left, top = self._dots(element.x) + (width - size) // 2, self._dots(element.y) + (height - size) // 2
        yield Matrix(symbol, left, top, module)

    def _module(self, element: Code128Element | DataMatrixElement, module: int) -> int | None:
        """Return the width of a module in dots, or None with a refusal when the symbol does not fit its box."""
        module = min(module, int(element.module_max * self._dots_per_mm))
        if module < 1 or module < element.module_min * self._dots_per_mm:
            facts = {"barcode": self._fields.barcode, "layout": self._layout_name}
            self.refusals.append(Refusal("labels.barcode-too-long", facts))
            return None
        return module
