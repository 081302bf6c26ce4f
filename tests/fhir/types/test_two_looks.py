"""The quick reading and the second look accept exactly the same documents: HL7's examples, changed at random."""

import copy
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchside.fhir import Invalid, read
from benchside.fhir.examination import examine
from benchside.fhir.r4.elements import properties
from benchside.fhir.reading import _decoder  # pyright: ignore[reportPrivateUsage]  # the quick look by itself

DOCUMENTS = 700
DOCUMENT_BYTES_MAX = 9_000

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 5, Decimal("1.5"), "", " ", "a b", " x", "x ", "a  b", "2020-02-30", "2020-02-29", "2021-02-29", "1e5",
    "#x", "#", "Patient/1", "http://x/Patient/1", "http://x/Nobody/1", "urn:uuid:1", "Group/2?x=1", "Nobody/1", [], {}, [None], [{}], ["x"],
    {"id": "x"}, {"extension": [{"url": "u", "valueString": "x"}]}, "\u0001", "a\nb", "\ud800", "\u00e9", "a\u00a0b", 2**31, 2**31 - 1,
    10**30, Decimal("1E+400"), "12:30:00", "final", "AAAA", "AAA", "A", "mg", "http://unitsofmeasure.org", {"start": "2020", "end": "2019"},
    {"reference": "#nope"}, {"value": 1, "code": "x"}, "text/plain", {"comparator": "<", "value": 1}, {"resourceType": "Patient"},
    {"resourceType": "Patient", "id": "p", "meta": {"versionId": "1"}}, {"text": "x"}, {"coding": [{"code": "x"}]},
    '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>', '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>',
    '<div xmlns="http://www.w3.org/1999/xhtml"><a href="java&#10;script:x">x</a></div>', '<div xmlns="http://www.w3.org/1999/xhtml"> </div>',
    '<div xmlns="http://www.w3.org/1999/xhtml"><p title="x>y">x &amp; y</p></div>', '<p xmlns="http://www.w3.org/1999/xhtml">x</p>',
]  # fmt: skip  # one value a line would be two pages

TWICE = (
    '"id":"x",', '"id":null,', '"language":"en","language":"en",', '"meta":{},', '"id":"\\u0022",', '"language":"\\u0022","language":"en",',
)  # fmt: skip


def _holders(value: Any, found: list[Any]) -> list[Any]:
    if isinstance(value, dict | list):
        found.append(value)
        for item in list(value.values()) if isinstance(value, dict) else value:
            _holders(item, found)
    return found


def _change_object(chance: random.Random, holder: dict[str, Any], holders: list[Any], root: Any) -> None:
    name = chance.choice(list(holder))
    action = chance.randrange(9)
    if action == 0:
        del holder[name]
    elif action == 1:
        holder[chance.choice([*holder, "foo"])] = copy.deepcopy(holder[name])
    elif action == 2:
        holder[name + chance.choice(["x", "_", "Quantity", "String"])] = holder.pop(name)
    elif action == 3:
        holder["_" + name] = copy.deepcopy(chance.choice(ODD))
    elif action == 4:
        holder[name] = [holder[name]]
    elif action == 5:
        holder[name] = copy.deepcopy(chance.choice(holders))
    elif action == 6:
        kinds = ["Coding", "Quantity", "Period", "Reference", "Extension", "Identifier", "HumanName", "Attachment"]
        if isinstance(root, dict) and isinstance(root.get("resourceType"), str):
            kinds += [root["resourceType"]] * 6
        try:
            names = list(properties(chance.choice(kinds)))
        except KeyError:
            return
        holder[chance.choice(names)] = copy.deepcopy(chance.choice(ODD))
    else:
        holder[name] = copy.deepcopy(chance.choice(ODD))


def _change_list(chance: random.Random, holder: list[Any]) -> None:
    place = chance.randrange(len(holder))
    action = chance.randrange(4)
    if action == 0:
        del holder[place]
    elif action == 1:
        holder[place] = copy.deepcopy(chance.choice(ODD))
    elif action == 2:
        holder.append(copy.deepcopy(holder[place]))
    else:
        holder.insert(place, None)


def changed(chance: random.Random, raw: bytes) -> bytes:
    """Change a document in one to three places: drop, double, rename, replace, nest, and sometimes give a member twice."""
    document = json.loads(raw)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        holders = _holders(document, [])
        holder = chance.choice(holders)
        if isinstance(holder, dict) and holder:
            _change_object(chance, holder, holders, document)
        elif isinstance(holder, list) and holder:
            _change_list(chance, holder)
    text = json.dumps(document, default=float, ensure_ascii=chance.random() < 0.3)
    if chance.random() < 0.06:
        text = text.replace("{", "{" + chance.choice(TWICE), 1)
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("seed", range(4))
def test_both_looks_agree(examples: Path, seed: int) -> None:
    chance = random.Random(seed)
    paths = [path for path in sorted(examples.glob("*-*.json")) if path.stat().st_size < DOCUMENT_BYTES_MAX]
    accepted = refused = 0
    for _ in range(DOCUMENTS):
        raw = changed(chance, chance.choice(paths).read_bytes())
        faults = examine(raw)
        try:
            _decoder().decode(raw)
            quick = True
        except (msgspec.DecodeError, ValueError, RecursionError):
            quick = False
        try:
            read(raw)
            let_in = True
        except Invalid:
            let_in = False
        assert quick or faults, raw  # What the quick look refuses, the second must explain.
        assert let_in == (not faults), raw  # What the quick look lets in, the second must find sound.
        accepted += let_in
        refused += not let_in
    assert accepted > DOCUMENTS // 20  # The changes leave some documents sound,
    assert refused > DOCUMENTS // 4  # and make others faulty.
