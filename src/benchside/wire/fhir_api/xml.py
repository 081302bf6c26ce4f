"""FHIR XML at the door: a body becomes JSON before anybody looks at it, an answer becomes XML when all else is done.

Source: https://hl7.org/fhir/R4/xml.html
"""

import msgspec

from benchside.fhir import write
from benchside.fhir.reading import restore
from benchside.fhir.xml_format import UnwritableError, read_xml, write_xml
from benchside.wire.fhir_api.call import Answer
from benchside.wire.fhir_api.negotiation import JSON_ANSWER, XML_ANSWER, XML_TYPES, body_type
from benchside.wire.fhir_api.problems import NotAcceptable

FHIR_JSON = "application/fhir+json"


def is_xml_body(content_type: str | None, segments: tuple[str, ...]) -> bool:
    """Whether a body is a resource in XML; what is sent to Binary as plain XML is somebody's file."""
    if not content_type or "xml" not in content_type.lower():
        return False
    kind = body_type(content_type)
    return kind in XML_TYPES and (segments[:1] != ("Binary",) or kind == "application/fhir+xml")


def as_json(body: bytes) -> bytes:
    """The resource in an XML body as JSON; raises Invalid with every fault, at the same paths as JSON would have."""
    return write(read_xml(body))


def as_xml(answer: Answer) -> Answer:
    """The answer with its resource in XML; raises NotAcceptable for the few that XML can't hold."""
    if answer.content_type != JSON_ANSWER or not answer.content:
        return answer
    try:
        answer.content = write_xml(restore(answer.content))
    except (msgspec.DecodeError, UnwritableError) as error:
        raise NotAcceptable(
            "This answer can't be written as XML (it is shown in part, or holds characters that XML has not); ask for JSON."
        ) from error
    answer.content_type = XML_ANSWER
    return answer
