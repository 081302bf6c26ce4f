"""What the screens of all areas share: the person at their desk, pages, forms, acts, navigation.

    from benchside.workplace import Desk, screen

Names are looked up when first used, because Django imports this package before its models can be.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchside.workplace.desk import Desk
    from benchside.workplace.outcomes import Outcome
    from benchside.workplace.screens import screen

_HOMES = {"Desk": "desk", "Outcome": "outcomes", "screen": "screens"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = ["Desk", "Outcome", "screen"]
