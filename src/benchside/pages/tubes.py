"""Tubes as pictures: cap colours by name, and the geometry of the drawing.

The colour is never alone: the cap's name stands beside the picture and is part of its accessible text.
Cap names and order follow the clinic's catalogue (order of draw); the colours are ours, chosen to be told apart.
"""

from dataclasses import dataclass
from typing import Final

CAPS: Final[dict[str, tuple[str, str]]] = {
    # key: (main colour, second colour of a two-coloured cap or the same)
    "light-blue": ("#7cc4ea", "#7cc4ea"),
    "red": ("#c8322b", "#c8322b"),
    "gold": ("#d9a521", "#d9a521"),
    "tiger": ("#c8322b", "#8a8f94"),
    "green": ("#2e8b4a", "#2e8b4a"),
    "light-green": ("#9ed58b", "#9ed58b"),
    "lavender": ("#a58bd0", "#a58bd0"),
    "pink": ("#ec9dbd", "#ec9dbd"),
    "pearl": ("#efeae0", "#efeae0"),
    "royal-blue": ("#27479b", "#27479b"),
    "gray": ("#8a8f94", "#8a8f94"),
    "yellow": ("#f0d64a", "#f0d64a"),
    "black": ("#2b2f33", "#2b2f33"),
    "orange": ("#e7852f", "#e7852f"),
    "white": ("#f7f7f5", "#f7f7f5"),
}
"""Cap colours that a catalogue may name; a test holds the catalogue to them."""

_BODY_TOP = 27.0
_BODY_BOTTOM = 116.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """Numbers for the picture in a box of 48 by 120: where the liquid starts and how tall it and the gel are."""

    main: str
    second: str
    liquid_y: float
    liquid_height: float
    gel_y: float
    gel_height: float


def drawing(cap: str, *, fill: float, gel: bool) -> Drawing:
    """Work out the picture of a container. `fill` is the part filled, 0 to 1. Raises `KeyError` for a cap without colour."""
    if not 0 <= fill <= 1:
        raise ValueError(f"a container is filled from 0 to 1, not {fill}")
    main, second = CAPS[cap]
    inner = _BODY_BOTTOM - _BODY_TOP - 10.0  # a tube is never filled to the stopper
    height = round(inner * fill, 1)
    gel_height = 9.0 if gel else 0.0
    return Drawing(main, second, round(_BODY_BOTTOM - height, 1), height, round(_BODY_BOTTOM - gel_height - 6.0, 1), gel_height)
