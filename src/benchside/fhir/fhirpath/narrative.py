"""FHIR's `htmlChecks()`: whether a narrative is the XHTML that R4 allows.

Source: https://hl7.org/fhir/R4/narrative.html#xhtml and the invariants txt-1 and txt-2.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree

_XHTML: Final = "{http://www.w3.org/1999/xhtml}"

_ELEMENTS: Final = frozenset(
    "a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt em h1 h2 "
    "h3 h4 h5 h6 hr i img ins kbd li map ol p pre q s samp small span strike strong sub sup table tbody td tfoot th "
    "thead tr tt u ul var".split()
)
"""HTML 4.0 chapters 7 to 11 (except section 4 of chapter 9) and 15, `a`, `img` and its map, as R4 lists them."""

_ATTRIBUTES: Final = frozenset(
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset "
    "cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap "
    "noshade rel rev rowspan rules scope shape span src start style summary tabindex title type usemap valign value "
    "vspace width".split()
)
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_ENTITIES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_SPACE: Final = " \t\r\n\u00a0"


def narrative_faults(div: str) -> tuple[str, ...]:
    """Everything that keeps `div` from being an R4 narrative; empty when it is one.

    Only the elements and attributes R4 allows, no events, no document type, and something to read (text or an image).
    """
    if "<!DOCTYPE" in div or "<!ENTITY" in div:
        return ("A narrative has no document type.",)
    try:
        root = ElementTree.fromstring(_with_known_entities(div))  # noqa: S314 - no document type, so no entities to expand
    except ElementTree.ParseError as error:
        return (f"The narrative is not well-formed XHTML: {error}.",)
    if root.tag != f"{_XHTML}div":
        return ("A narrative is one <div> in the namespace http://www.w3.org/1999/xhtml.",)
    faults: list[str] = []
    readable = False
    for element in root.iter():
        name = element.tag.removeprefix(_XHTML) if isinstance(element.tag, str) else ""
        if name not in _ELEMENTS or not element.tag.startswith(_XHTML):
            faults.append(f"<{name}> is not allowed in a narrative.")
        faults.extend(
            f'The attribute "{attribute}" of <{name}> is not allowed in a narrative.'
            for attribute in element.attrib
            if attribute not in _ATTRIBUTES and attribute != _XML_LANG
        )
        words = (element.text or "") + ("" if element is root else element.tail or "")
        readable = readable or name == "img" or bool(words.strip(_SPACE))
    if not readable:
        faults.append("The narrative has nothing to read.")
    return tuple(faults)


def _with_known_entities(div: str) -> str:
    """HTML's named characters (`&nbsp;`) as numbers, since XML knows only five."""
    from html.entities import html5  # a large table; few narratives need it

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in _XML_ENTITIES or f"{name};" not in html5:
            return match.group()
        return "".join(f"&#{ord(character)};" for character in html5[f"{name};"])

    return _ENTITY.sub(number, div) if "&" in div else div
