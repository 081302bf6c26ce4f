"""That each refused example is at fault by HL7's own definitions: shown from the package, with no code of ours between."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .refused import REFUSED

JSON = dict[str, Any]
INVARIANTS = {
    "txt-2": ("Narrative", "The narrative SHALL have some non-whitespace content"),
    "bdl-7": ("Bundle", "FullUrl must be unique in a bundle, or else entries with the same fullUrl must have different meta.versionId"),
    "sdf-4": ("StructureDefinition", "If the structure is not abstract, then there SHALL be a baseDefinition"),
}
"""How HL7's words of the rules begin; that they still do is part of the test."""
NOTHING = (None, "", [], {})


def definition(examples: Path, name: str) -> JSON:
    """HL7's definition of a type."""
    found: JSON = json.loads((examples / f"StructureDefinition-{name}.json").read_bytes())
    return found


def element(examples: Path, path: str) -> JSON:
    """HL7's definition of the element at a path with indexes, wherever its content is defined."""
    plain = re.sub(r"\[\d+\]", "", path)
    rows = {row["path"]: row for row in definition(examples, plain.partition(".")[0])["snapshot"]["element"]}
    while plain not in rows:  # Questionnaire.item.item is defined by Questionnaire.item
        parent = next(rows[plain[:end]] for end in range(len(plain), 0, -1) if "contentReference" in rows.get(plain[:end], {}))
        plain = parent["contentReference"].removeprefix("#") + plain[len(parent["path"]) :]
    found: JSON = rows[plain]
    return found


def at(document: JSON, path: str) -> Any:
    """What stands at a path with indexes; None when nothing does."""
    held: Any = document
    for name, index in re.findall(r"\.(\w+)(?:\[(\d+)\])?", path):
        held = held.get(name) if isinstance(held, dict) else None
        if index and held is not None:
            held = held[int(index)]
    return held


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_the_example_breaks_the_rule(examples: Path, name: str) -> None:
    document: JSON = json.loads((examples / name).read_bytes())
    path, rule, _ = REFUSED[name]
    if rule in INVARIANTS:
        _breaks_invariant(examples, rule, document)
    elif rule == "minimum":
        assert element(examples, path)["min"] == 1
        assert at(document, path) in NOTHING
    elif rule == "target":
        reference: str = at(document, path)
        kinds = element(examples, path.removesuffix(".reference"))["type"]
        allowed = {profile.rpartition("/")[2] for kind in kinds for profile in kind["targetProfile"]}
        assert allowed
        assert not allowed & {reference.partition("/")[0], "Resource"}
    else:
        assert rule == "id"
        assert "length limit of 64 characters" in definition(examples, "id")["description"]
        assert len(at(document, path)) > 64


def _breaks_invariant(examples: Path, rule: str, document: JSON) -> None:
    owner, words = INVARIANTS[rule]
    constraints = [one for row in definition(examples, owner)["snapshot"]["element"] for one in row.get("constraint", ())]
    own = next(one for one in constraints if one["key"] == rule)
    assert own["severity"] == "error"
    assert own["human"].startswith(words)
    if rule == "txt-2":
        div = document["text"]["div"]
        assert not re.sub(r"<[^>]*>", "", div).strip()
        assert "<img" not in div
    elif rule == "bdl-7":
        keys = Counter((row["fullUrl"], row["resource"].get("meta", {}).get("versionId")) for row in document["entry"] if "fullUrl" in row)
        assert document["type"] != "history"
        assert max(keys.values()) > 1
    else:
        assert document["abstract"] is False
        assert "baseDefinition" not in document
