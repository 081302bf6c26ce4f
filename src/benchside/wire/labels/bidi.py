"""Right-to-left writing: a line cut into runs of one direction, in the order in which they stand on paper."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# python-bidi has no types; what is taken from it is cast below.

import re
from dataclasses import dataclass
from typing import cast

from bidi import algorithm

_SIMPLE = re.compile(r"[\x20-\x7E\xA0-\u024F\u0370-\u0589\u1E00-\u20AF]*")
"""Latin, Greek, Cyrillic, Armenian: left to right, one glyph a character."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line in reading order of its own direction; `needs_shaping` when its glyphs depend on neighbours."""

    text: str
    needs_shaping: bool


def visual_runs(text: str) -> tuple[Run, ...]:
    """Return the runs of `text` from left to right as they stand on paper (Unicode standard annex 9, rules P to L2)."""
    if _SIMPLE.fullmatch(text):
        return (Run(text, False),)
    runs: list[tuple[int, str]] = []
    for level, letter in zip(_levels(text), text, strict=True):
        if runs and runs[-1][0] == level:
            runs[-1] = (level, runs[-1][1] + letter)
        else:
            runs.append((level, letter))
    return tuple(Run(run, not _SIMPLE.fullmatch(run)) for _, run in _reordered(runs))


def _levels(text: str) -> list[int]:
    """Return the embedding level of every character; a joiner has the level of the character before it."""
    base_level = algorithm.get_base_level(text)
    storage = algorithm.get_empty_storage() | {"base_level": base_level, "base_dir": "LR"[base_level % 2]}
    algorithm.get_embedding_levels(text, storage)
    characters = cast(list[dict[str, int]], storage["chars"])  # python-bidi types its storage loosely
    for index, character in enumerate(characters):
        character["index"] = index
    algorithm.explicit_embed_and_overrides(storage)  # drops what has no direction, joiners among it
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    kept = cast(list[dict[str, int]], storage["chars"])
    resolved = {character["index"]: character["level"] for character in kept}
    levels: list[int] = []
    for index in range(len(text)):
        levels.append(resolved.get(index, levels[-1] if levels else base_level))
    return levels


def _reordered(runs: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Reverse every sequence of runs at each level from the highest to the lowest odd one (rule L2, run by run)."""
    for threshold in range(max((level for level, _ in runs), default=0), 0, -1):
        index = 0
        while index < len(runs):
            end = index
            while end < len(runs) and runs[end][0] >= threshold:
                end += 1
            runs[index:end] = runs[index:end][::-1]
            index = end + 1
    return runs
