"""Narratives: the quick look never lets in what the thorough one refuses."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.fhir import narrative
from benchside.fhir.narrative import ATTRIBUTES, ELEMENTS, is_plain, narrative_faults

ROOT = '<div xmlns="http://www.w3.org/1999/xhtml">'
PIECES = [
    "<p>", "</p>", "<b>", "</b>", "<br/>", "<br />", "<td class='x'>", "</td>", '<a href="http://x">', "</a>", '<a href="javascript:x">',
    "<script>", "</script>", "x", " ", "&amp;", "&nbsp;", "&#160;", "&#0;", "]]>", "<!-- x -->", "<![CDATA[x]]>", "<?x?>", '<p title="a>b">',
    "<p onclick='x'>", "<P>", "<x:p>", '<p class="a" class="b">', "<p", ">", "</div>", ROOT, "<div>", '<img src="#x" alt="y"/>', "\u00e9",
    "\ufffe", '<p style="a:expression(b)">', "<p class=x>", "&lt;", "<img>", "</img>", "< p>", "<p xml:lang='en'>", '<p class="&quot;">',
    '<a href="x?a=1&amp;b=2">', '<a href="java&#115;cript:x">', '<p style="a&#58;b">', "<!-- a > b -->", "<!-- a -- b -->", "<!--x--->", "]]", "\n",
    "\uffff", "<p/>", "</p >", "&#99;", "&#100;", "&#9999;", "&#x27;", "<p class='a'title='b'>", "</div", "<div", "/>", "<a href='x'/>",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_quick_and_thorough_agree(pieces: list[str]) -> None:
    div = ROOT + "".join(pieces) + "</div>"
    if is_plain(div):
        assert narrative_faults(div) == ()


@given(st.text(alphabet="<>/&;=\"' abpdiv\n!-[]?#x", max_size=60))
def test_quick_and_thorough_agree_on_noise(inside: str) -> None:
    div = ROOT + inside + "</div>"
    if is_plain(div):
        assert narrative_faults(div) == ()


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.integers(0, 60))
def test_a_cut_narrative_is_not_plain(pieces: list[str], cut: int) -> None:
    div = (ROOT + "".join(pieces) + "</div>")[: len(ROOT) + cut]
    if is_plain(div):
        assert narrative_faults(div) == ()


def test_long_runs_and_deep_nesting() -> None:
    rows = "<tr><td>word</td><td/></tr>" * 200
    assert is_plain(f"{ROOT}<table>{rows}</table></div>")
    assert is_plain(f"{ROOT}<p>word</p>{'<br/>' * 500}</div>")
    assert not is_plain(f"{ROOT}<p>word</p>{'<br/>' * 500}</b></div>")
    deep = narrative.DEPTH_MAX + 1
    assert not is_plain(f"{ROOT}{'<b>' * deep}word{'</b>' * deep}</div>")  # The thorough look finds it sound.
    assert narrative_faults(f"{ROOT}{'<b>' * deep}word{'</b>' * deep}</div>") == ()


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrative, "RUNS_REMEMBERED_MAX", 50)
    for number in range(300):
        assert is_plain(f'{ROOT}<p class="{number}">word</p><p>x</p></div>')
        assert not is_plain(f'{ROOT}<p class="{number}">word</b><p>x</p></div>')
    assert sum(map(len, narrative._places.values())) <= 51  # pyright: ignore[reportPrivateUsage]  # what is remembered
    long = "x" * narrative.RUN_CHARACTERS_MAX
    assert is_plain(f'{ROOT}<p class="{long}">word</p></div>')


def test_plain_narratives_take_the_quick_look() -> None:
    chance = random.Random(1)
    names = sorted(ELEMENTS - {"br", "hr", "img", "col", "area"})
    for _ in range(200):
        inner = "".join(f"<{name}>word</{name}>" for name in chance.sample(names, 5))
        assert is_plain(f"{ROOT}{inner}</div>")


def test_no_element_or_attribute_that_acts() -> None:
    assert not ELEMENTS & {"script", "style", "object", "embed", "iframe", "form", "input", "button", "link", "meta", "base", "svg", "math"}
    assert not {name for name in ATTRIBUTES if name.startswith("on")}
    assert not ATTRIBUTES & {"action", "formaction", "srcdoc", "background", "ping", "srcset"}
