"""Narratives: the XHTML that may stand in `text.div`, and nothing else (txt-1, txt-2).

What is let in can be shown on a page: no scripts, no event handlers, no links that run something, and nothing that an HTML parser reads
differently from an XML parser (CDATA sections, processing instructions, comments with angle brackets).

Two looks with one answer: a quick one over the tags that accepts plain narratives, and a parser (expat) for all others, which also
says what is wrong. Source: HL7 FHIR R4 narrative.html, invariants txt-1 and txt-2.
"""

import re
from xml.parsers import expat

NAMESPACE = "http://www.w3.org/1999/xhtml"
ELEMENTS = frozenset(
    "a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img "
    "kbd li map ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var".split()
)
"""HTML 4.0, chapters 7 to 11 (without 9.4) and 15, with `a` and `img` and its map."""
ATTRIBUTES = frozenset(
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan "
    "compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope shape span "
    "src start style summary tabindex title type usemap valign value vspace width".split()
)
FAULTS_MAX = 20
"""More faults than this in one narrative are not looked for."""
NOTHING_TO_READ = "a narrative must hold some words or an image"
KNOWN_TAGS_MAX = 4_096
"""Tags remembered from narrative to narrative, each of at most KNOWN_TAG_CHARACTERS_MAX characters."""
KNOWN_TAG_CHARACTERS_MAX = 120

_ROOT = f'<div xmlns="{NAMESPACE}">'
_TAGS = re.compile("<[^>]*>")
_OPENING = re.compile(r"<([a-z][a-z0-9]*)((?:[ \t\r\n]+[a-z]+=(?:\"[^\"<]*\"|'[^'<]*'))*)[ \t\r\n]*(/?)>")
_ATTRIBUTE = re.compile(r"([a-z]+)=(?:\"([^\"]*)\"|'([^']*)')")
_UNUSUAL_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#(?:9|10|13|3[2-9]|[4-9][0-9]|[1-9][0-9]{2,3}));)")
_WORDS = re.compile(r">[ \t\r\n]*[^<\s&]")
_NOT_XML = re.compile("[\ufffe\uffff]")
_LINKS = frozenset(("href", "src", "cite", "longdesc", "usemap"))
_RUNS = re.compile(r"(?:java|vb|live)script:|blob:|filesystem:|data:(?!image/(?:png|gif|jpe?g|webp|bmp)[;,])")
_STYLE_RUNS = re.compile(r"(?:java|vb|live)script:|expression\(|-moz-binding|behavior:|@import")
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]|/\*.*?\*/")

_known_tags: dict[str, str] = {}
"""Opening tags met before that may stand in a narrative: tag to name of the element to be closed, empty when it closes itself."""


def check_narrative(div: str) -> None:
    """Raise ValueError unless `div` is a narrative."""
    if not is_plain(div) and narrative_faults(div):
        raise ValueError("not a narrative")


def is_plain(div: str) -> bool:
    """Say whether `div` is a narrative in plain form; False may also mean that only a parser can tell."""
    tags: list[str] = _TAGS.findall(div)
    if not tags or tags[0] != _ROOT or not div.startswith(_ROOT) or not div.endswith("</div>") or div.count("<") != len(tags):
        return False
    if "]]>" in div or ("&" in div and _UNUSUAL_ENTITY.search(div)) or not _WORDS.search(div):
        return False
    if not div.isascii() and _NOT_XML.search(div):
        return False
    still_open: list[str] = []
    known = _known_tags
    for tag in tags[1:-1]:
        if tag[1] == "/":
            if not still_open or still_open.pop() != tag[2:-1]:
                return False
        else:
            name = known.get(tag)
            if name is None and (name := _learnt(tag)) is None:
                return False
            if name:
                still_open.append(name)
    return not still_open


def _learnt(tag: str) -> str | None:
    found = _OPENING.fullmatch(tag)
    if found is None or found[1] not in ELEMENTS:
        return None
    seen: set[str] = set()
    for name, double, single in _ATTRIBUTE.findall(found[2]):
        value: str = double or single
        if name in seen or name not in ATTRIBUTES or (name in _LINKS or name == "style") and ("&" in value or _runs(name, value)):
            return None
        seen.add(name)
    closes: str = "" if found[3] else found[1]
    if len(_known_tags) < KNOWN_TAGS_MAX and len(tag) <= KNOWN_TAG_CHARACTERS_MAX:
        _known_tags[tag] = closes
    return closes


def _runs(name: str, value: str) -> bool:
    """Say whether a browser might run something because of an attribute. Browsers skip white space and control characters in it."""
    if name == "style":
        return _STYLE_RUNS.search(_INVISIBLE.sub("", value).lower()) is not None
    return name in _LINKS and _RUNS.match(_INVISIBLE.sub("", value).lower()) is not None


class _Reader:
    """One narrative on its way through expat."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.depth = 0
        self.readable = False
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.CommentHandler = self.comment
        self.parser.StartCdataSectionHandler = self.cdata
        self.parser.ProcessingInstructionHandler = self.instruction
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.XmlDeclHandler = self.declaration

    def refuse(self, words: str) -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(words)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if self.depth == 0 and name != f"{NAMESPACE} div":
            self.refuse(f'a narrative is one <div xmlns="{NAMESPACE}">')
        elif namespace != NAMESPACE or local not in ELEMENTS:
            self.refuse(f"the element <{local}> is not allowed in a narrative; remove it")
        for attribute, value in attributes.items():
            if attribute not in ATTRIBUTES and attribute != "http://www.w3.org/XML/1998/namespace lang":
                self.refuse(f'the attribute "{attribute.rpartition(" ")[2]}" of <{local}> is not allowed in a narrative; remove it')
            elif _runs(attribute, value):
                self.refuse(f'the attribute "{attribute}" of <{local}> may run a program; remove it')
        self.readable = self.readable or local == "img"
        self.depth += 1

    def end(self, name: str) -> None:
        self.depth -= 1

    def text(self, words: str) -> None:
        self.readable = self.readable or bool(words.strip())

    def comment(self, words: str) -> None:
        if "<" in words or ">" in words:
            self.refuse("a comment in a narrative must not hold < or >")

    def cdata(self) -> None:
        self.refuse("a narrative must not hold a CDATA section; write &lt; and &amp; instead")

    def instruction(self, target: str, words: str) -> None:
        self.refuse("a narrative must not hold a processing instruction")

    def doctype(self, *_: object) -> None:
        self.refuse("a narrative must not hold a document type")
        raise ValueError("document type")  # Nothing is read past it: it may define entities.

    def declaration(self, *_: object) -> None:
        self.refuse("a narrative must not begin with an XML declaration")


def narrative_faults(div: str) -> tuple[str, ...]:
    """Tell everything that keeps `div` from being a narrative; empty when it is one."""
    reader = _Reader()
    try:
        reader.parser.Parse(div.encode("utf-8"), True)
    except expat.ExpatError as error:
        reader.refuse(f"a narrative must be well-formed XHTML: {expat.ErrorString(error.code)} in line {error.lineno}{_hint(div)}")
    except ValueError as error:
        reader.refuse(str(error)) if not reader.faults else None
    if not reader.faults and not reader.readable:
        reader.refuse(NOTHING_TO_READ)
    return tuple(dict.fromkeys(reader.faults))


def _hint(div: str) -> str:
    return "; write named characters such as &nbsp; as numbers: &#160;" if re.search("&(?!amp|lt|gt|quot|apos)[A-Za-z]", div) else ""
