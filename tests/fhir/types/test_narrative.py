"""Narratives: the quick look never lets in what the thorough one refuses."""

import random

from hypothesis import given
from hypothesis import strategies as st

from benchside.fhir.narrative import ATTRIBUTES, ELEMENTS, is_plain, narrative_faults

ROOT = '<div xmlns="http://www.w3.org/1999/xhtml">'
PIECES = [
    "<p>", "</p>", "<b>", "</b>", "<br/>", "<br />", "<td class='x'>", "</td>", '<a href="http://x">', "</a>", '<a href="javascript:x">',
    "<script>", "</script>", "x", " ", "&amp;", "&nbsp;", "&#160;", "&#0;", "]]>", "<!-- x -->", "<![CDATA[x]]>", "<?x?>", '<p title="a>b">',
    "<p onclick='x'>", "<P>", "<x:p>", '<p class="a" class="b">', "<p", ">", "</div>", ROOT, "<div>", '<img src="#x" alt="y"/>', "\u00e9",
    "\ufffe", '<p style="a:expression(b)">', "<p class=x>", "&lt;", "<img>", "</img>", "< p>", "<p xml:lang='en'>", '<p class="&quot;">',
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
