"""The tubes a laboratory draws into: order, cap, additive, sizes, inversions. Package data in tubes.yaml, with sources."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from benchside.areas.laboratory.words import Term
from benchside.terms.package_data import package_table


class Tube(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of tube. `position` and `within` order a venous draw, `capillary` a capillary one; volumes in mL, smallest first."""

    position: int
    within: int
    cap: Term
    cap_color: str
    additive: Term
    volumes_ml: tuple[Decimal, ...]
    inversions: tuple[int, int]
    need: Literal["spun", "whole", "full"]
    source: str
    basis: Literal["S", "K"]
    each_more_ml: Decimal = Decimal(0)
    factor: Decimal = Decimal(1)
    min_fill_pct: int | None = None
    clot_min: int | None = None
    capillary: int | None = None
    micro: str | None = None
    blood: bool = True

    def smallest_size(self, need_ml: Decimal) -> Decimal | None:
        """Return the smallest volume it comes in that holds `need_ml`, or None when none does."""
        return next((volume for volume in self.volumes_ml if volume >= need_ml), None)


class CarryOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source_tube": "from"}):
    """What additive of one tube does to another drawn after it."""

    source_tube: str
    into: tuple[str, ...]
    effect: Term
    source: str
    basis: Literal["S", "K"]


class BloodCultureVolume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Total mL of one blood-culture set for a body weight of `kg` (from, to)."""

    kg: tuple[Decimal, Decimal | None]
    total: tuple[Decimal, Decimal]


class TubeTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of tubes.yaml."""

    version: int
    tubes: dict[str, Tube]
    carry_over: tuple[CarryOver, ...]
    blood_culture_ml: tuple[BloodCultureVolume, ...]


@cache
def package_tubes() -> TubeTable:
    """Return the tubes that ship with the product; a site lays its own over them."""
    return package_table("benchside.areas.laboratory", "tubes.yaml", TubeTable)


def tube_names(language: str, table: TubeTable | None = None) -> Mapping[str, str]:
    """Return what `tube:EDTA` and `carry-over:EDTA` mean in words, for refusals."""
    tubes = table or package_tubes()
    names = {f"tube:{code}": tube.cap.text(language) for code, tube in tubes.tubes.items()}
    names |= {f"carry-over:{entry.source_tube}": entry.effect.text(language) for entry in tubes.carry_over}
    names["carry-over:additive"] = "arrastre de aditivo" if language == "es" else "additive carried over"
    return names
