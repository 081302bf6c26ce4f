"""JSON Patch: the examples of RFC 6902's appendix, the library `jsonpatch` beside ours, and what clients may not do."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import jsonpatch
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.fhir import Invalid, write
from benchside.fhir import json_patch as module
from benchside.fhir.json_patch import json_patch, same

BASIC = {"resourceType": "Basic", "id": "1", "code": {"text": "x"}}


def patched_json(document: Any, patch: list[Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Patch any JSON: the document need not be a resource."""
    monkeypatch.setattr(module, "read", msgspec.json.decode)
    return json_patch(json.dumps(document).encode(), json.dumps(patch).encode())


APPENDIX_A = [  # RFC 6902, A.1 to A.16
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo", "foo": "bar"}),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    ({"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"grandchild": {}}}], {"foo": "bar", "child": {"grandchild": {}}}),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}], {"foo": "bar", "baz": "qux"}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}], {"foo": ["bar", ["abc", "def"]]}),
    ({"foo": "bar"}, [{"op": "replace", "path": "", "value": {"a": 1}}], {"a": 1}),
    ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}, {"op": "add", "path": "/b/0", "value": 0}], {"a": [1], "b": [0, 1]}),
    ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
]


@pytest.mark.parametrize(("document", "patch", "expected"), APPENDIX_A)
def test_the_rfcs_examples(document: Any, patch: list[Any], expected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert patched_json(document, patch, monkeypatch) == expected


REFUSED = [
    ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}], "processing"),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}], "processing"),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}], "processing"),
    ({"foo": [1]}, [{"op": "add", "path": "/foo/2", "value": 1}], "processing"),
    ({"foo": [1]}, [{"op": "remove", "path": "/foo/1"}], "processing"),
    ({"foo": [1]}, [{"op": "add", "path": "/foo/01", "value": 1}], "processing"),
    ({"foo": [1]}, [{"op": "add", "path": "/foo/x", "value": 1}], "processing"),
    ({"foo": [1]}, [{"op": "remove", "path": "/foo/-"}], "processing"),
    ({"foo": 1}, [{"op": "remove", "path": ""}], "processing"),
    ({"foo": {"a": 1}}, [{"op": "move", "from": "/foo", "path": "/foo/a"}], "processing"),
    ({"foo": 1}, [{"op": "replace", "path": "/bar", "value": 1}], "processing"),
    ({"foo": True}, [{"op": "test", "path": "/foo", "value": 1}], "processing"),
    ({"foo": 1}, [{"op": "add", "path": "bar", "value": 1}], "structure"),
    ({"foo": 1}, [{"op": "add", "path": "/a~2", "value": 1}], "structure"),
    ({"foo": 1}, [{"op": "add", "path": "/a"}], "structure"),
    ({"foo": 1}, [{"op": "copy", "path": "/a"}], "structure"),
    ({"foo": 1}, [{"op": "spam", "path": "/a"}], "structure"),
    ({"foo": 1}, [{"path": "/a"}], "structure"),
    ({"foo": 1}, ["add"], "structure"),
    ({"foo": 1}, {"op": "add"}, "structure"),
    ({"foo": 1}, [{"op": "add", "path": "/a", "value": 1}] * 1001, "too-costly"),
    ({"foo": [0] * 1000}, [{"op": "copy", "from": "", "path": f"/a{number}"} for number in range(60)], "too-costly"),
]


@pytest.mark.parametrize(("document", "patch", "code"), REFUSED)
def test_what_is_refused(document: Any, patch: Any, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid) as refused:
        patched_json(document, patch, monkeypatch)
    assert {fault.code for fault in refused.value.faults} == {code}


def test_every_malformed_operation_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        json_patch(b"{}", b'[{"op":"spam","path":"/a"},{"op":"add","path":"/a","value":1},{"op":"remove"}]')
    assert [fault.path for fault in refused.value.faults] == ["patch[0]", "patch[2]"]


@pytest.mark.parametrize("patch", [b"", b"[", b"\xff", b"[" * 100_000])
def test_what_is_no_json(patch: bytes) -> None:
    with pytest.raises(Invalid):
        json_patch(json.dumps(BASIC).encode(), patch)


def test_decimals_keep_their_digits() -> None:
    document = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":4.10}}'
    patched = json_patch(document, b'[{"op":"add","path":"/component","value":[{"code":{"text":"y"},"valueQuantity":{"value":1.50}}]}]')
    assert b'"value":4.10' in write(patched)
    assert b'"value":1.50' in write(patched)
    tested = json_patch(document, b'[{"op":"test","path":"/valueQuantity/value","value":4.1}]')  # numerically equal
    assert b'"value":4.10' in write(tested)


def test_what_comes_out_is_checked() -> None:
    with pytest.raises(Invalid) as refused:
        json_patch(json.dumps(BASIC).encode(), b'[{"op":"add","path":"/colour","value":"red"},{"op":"remove","path":"/code"}]')
    assert len(refused.value.faults) == 2


def test_equality_is_jsons() -> None:
    assert same({"a": [1, None], "b": Decimal("1.0")}, {"b": 1, "a": [1, None]})
    assert not same(True, 1)
    assert not same(0, False)
    assert not same("1", 1)
    assert not same([1, 2], [2, 1])
    assert not same(None, False)


LEAVES = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["x", "y"]))
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c/d", "e~f"]), inner, max_size=3)),
    max_leaves=8,
)
STEPS = st.sampled_from(["a", "b", "c~1d", "e~0f", "0", "1", "2"])
POINTERS = st.lists(STEPS, max_size=3).map(lambda steps: "".join(f"/{step}" for step in steps))


@st.composite
def operations(draw: st.DrawFn) -> dict[str, Any]:
    operation: dict[str, Any] = {"op": draw(st.sampled_from(["add", "remove", "replace", "move", "copy", "test"])), "path": draw(POINTERS)}
    if operation["op"] in ("add", "move", "copy") and draw(st.integers(0, 3)) == 0:
        operation["path"] += "/-"
    if operation["op"] in ("add", "replace", "test"):
        operation["value"] = draw(DOCUMENTS)
    elif operation["op"] != "remove":
        operation["from"] = draw(POINTERS)
    return operation


def _theirs(document: Any, patch: list[Any]) -> Any:
    """The library's answer; "refused" where it raises, or does what the RFC does not allow."""
    for operation in patch:
        path, origin = operation["path"], operation.get("from", "")
        if operation["op"] == "remove" and not path:
            return "refused"  # it leaves None where the whole document was
        if operation["op"] == "move" and (not origin or path.startswith(f"{origin}/")) and path != origin:
            return "refused"
    try:
        return jsonpatch.apply_patch(copy.deepcopy(document), patch)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, KeyError, IndexError):
        return "refused"


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, st.lists(operations(), min_size=1, max_size=3))
def test_beside_the_library(document: Any, patch: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        try:
            ours = patched_json(document, patch, monkeypatch)
        except Invalid:
            ours = "refused"
    assert ours == _theirs(document, patch)
