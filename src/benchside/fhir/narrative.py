"""Narratives: the XHTML that may stand in `text.div`, and nothing else (txt-1, txt-2).

What is let in can be shown on a page: no scripts, no event handlers, no links that run something, and nothing that an HTML parser reads
differently from an XML parser (CDATA sections, processing instructions, comments with angle brackets).

Two looks with one answer: a quick one that accepts plain narratives, and a thorough one by expat for all others, which also says what is
wrong. The quick one looks at runs of tags ("</td><td>") and remembers where each leads from the elements that are open; the same few runs make
up the narratives of a program. Control characters are looked for in the whole document (`reading.py`).

Source: HL7 FHIR R4 narrative.html, invariants txt-1 and txt-2.
"""

import re
from xml.parsers import expat

NAMESPACE = "http://www.w3.org/1999/xhtml"
_ELEMENT_NAMES = """
a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i
img kbd li map ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var
"""
_ATTRIBUTE_NAMES = """
abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class
colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope
shape span src start style summary tabindex title type usemap valign value vspace width
"""
ELEMENTS = frozenset(_ELEMENT_NAMES.split())
"""HTML 4.0, chapters 7 to 11 (without 9.4) and 15, with `a` and `img` and its map."""
ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
FAULTS_MAX = 20
"""More faults than this in one narrative are not looked for."""
RUNS_REMEMBERED_MAX = 8_192
"""Runs of tags remembered from narrative to narrative, each of at most RUN_CHARACTERS_MAX characters. With more, all are forgotten."""
RUN_CHARACTERS_MAX = 512
DEPTH_MAX = 64
"""Elements open at once in a plain narrative."""
NOTHING_TO_READ = "a narrative must hold some words or an image"

_ROOT = f'<div xmlns="{NAMESPACE}">'
_END = "</div>"
_RUNS_OF_TAGS = re.compile(r"<[^>]*+>(?:[ \t\r\n]*+<[^>]*+>){0,7}+")
_TAGS = re.compile("<[^>]*>")
_TAG = re.compile(r"<([a-z][a-z0-9]*)((?:[ \t\r\n]+[a-z]+=(?:\"[^\"<]*\"|'[^'<]*'))*)[ \t\r\n]*/?>")
_CLOSING_TAG = re.compile(r"</([a-z][a-z0-9]*)[ \t\r\n]*>")
_COMMENT = re.compile("<!--(?:[^<>-]|-(?!-))*-->")
_ATTRIBUTE = re.compile(r"([a-z]+)=(?:\"([^\"]*)\"|'([^']*)')")
_WORDS = re.compile(r">[ \t\r\n]*[^<\s&]")
_ODD_REFERENCE = re.compile("&(?!(?:amp|lt|gt|quot|apos|#[1-9][0-9]{2,3});)")
"""What is not a named character of XML nor one by a number of three or four digits; all of those are characters of XML."""
_LINKS = frozenset(("href", "src", "cite", "longdesc", "usemap"))
_RUNS = re.compile(r"(?:java|vb|live)script:|blob:|filesystem:|data:(?!image/(?:png|gif|jpe?g|webp|bmp)[;,])")
_STYLE_RUNS = re.compile(r"(?:java|vb|live)script:|expression\(|-moz-binding|behavior:|@import")
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]|/\*.*?\*/")


def check_narrative(div: str) -> None:
    """Raise ValueError unless `div` is a narrative."""
    if not is_plain(div) and narrative_faults(div):
        raise ValueError("not a narrative")


class _UnusualError(Exception):
    """Only the thorough look can tell."""


class _Place(dict[str, "_Place"]):
    """A place in narratives, told by the elements open there: each run of tags met at it, and the place behind the run."""

    __slots__ = ("path",)

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__()
        self.path = path

    def __missing__(self, run: str) -> "_Place":
        """Work out where a run leads that was not met here before."""
        tags: list[str] = _TAGS.findall(run)
        if len(run) > RUN_CHARACTERS_MAX and len(tags) > 1:
            place = self
            for tag in tags:
                place = place[tag]
            return place
        path = _after(self.path, tags)
        if len(run) > RUN_CHARACTERS_MAX:
            return _places.get(path) or _Place(path)
        if sum(map(len, list(_places.values()))) >= RUNS_REMEMBERED_MAX:
            _INSIDE.clear()
            _places.clear()
            _places[_INSIDE.path] = _INSIDE
        self[run] = place = _places.setdefault(path, _Place(path))
        return place


_INSIDE = _Place(("div",))
_places = {_INSIDE.path: _INSIDE}
"""Every place that remembered runs begin at or lead to."""


def _after(path: tuple[str, ...], tags: list[str]) -> tuple[str, ...]:
    """Tell which elements are open behind some tags; raises _UnusualError when a tag is not plain or not in its place."""
    opened = list(path)
    for tag in tags:
        if not opened or len(opened) > DEPTH_MAX:
            raise _UnusualError
        if closing := _CLOSING_TAG.fullmatch(tag):
            if opened.pop() != closing[1]:
                raise _UnusualError
        elif not _COMMENT.fullmatch(tag):
            name = _plain_tag(tag)
            if not tag.endswith("/>"):
                opened.append(name)
    return tuple(opened)


def is_plain(div: str) -> bool:
    """Say whether `div` is a narrative in plain form; False may also mean that only the thorough look can tell."""
    if not div.startswith(_ROOT) or not div.endswith(_END) or not _WORDS.search(div):
        return False
    if ("&" in div and _ODD_REFERENCE.search(div)) or ("]" in div and "]]>" in div):
        return False
    if not div.isascii() and not _is_unicode(div):
        return False
    place = _INSIDE
    try:
        for run in _RUNS_OF_TAGS.findall(div, len(_ROOT)):
            place = place[run]
    except _UnusualError:
        return False
    return not place.path


def _is_unicode(div: str) -> bool:
    """Say whether a text holds only characters that XML has."""
    try:
        div.encode()
    except UnicodeEncodeError:
        return False
    return "\ufffe" not in div and "\uffff" not in div


def _plain_tag(tag: str) -> str:
    """Name the element that an opening tag opens; raises _UnusualError when the tag is not plain."""
    found = _TAG.fullmatch(tag)
    if found is None or found[1] not in ELEMENTS:
        raise _UnusualError
    attributes = [(name, double or single) for name, double, single in _ATTRIBUTE.findall(found[2])]
    if len(attributes) != len(dict(attributes)):
        raise _UnusualError
    for name, value in attributes:
        acts = name == "style" or name in _LINKS
        if name not in ATTRIBUTES or _runs(name, value.replace("&amp;", "&")) or (acts and "&" in value.replace("&amp;", "")):
            raise _UnusualError
    return found[1]


def _runs(name: str, value: str) -> bool:
    """Say whether a browser might run something because of an attribute. Browsers skip white space and control characters in it."""
    if name == "style":
        return _STYLE_RUNS.search(_INVISIBLE.sub("", value).lower()) is not None
    return name in _LINKS and ":" in value and _RUNS.match(_INVISIBLE.sub("", value).lower()) is not None


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

    def end(self, _name: str) -> None:
        self.depth -= 1

    def text(self, words: str) -> None:
        self.readable = self.readable or bool(words.strip())

    def comment(self, words: str) -> None:
        if "<" in words or ">" in words:
            self.refuse("a comment in a narrative must not hold < or >")

    def cdata(self) -> None:
        self.refuse("a narrative must not hold a CDATA section; write &lt; and &amp; instead")

    def instruction(self, _target: str, _words: str) -> None:
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
