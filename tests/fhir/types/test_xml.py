"""FHIR XML: HL7's examples from JSON to XML and back, and what XML must refuse."""

import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from benchside.fhir import Invalid, read, write
from benchside.fhir.xml_format import UnwritableError, read_xml, write_xml

from .refused import REFUSED

BYTES_MAX = 300_000
_values = msgspec.json.Decoder(float_hook=lambda text: Decimal(text).as_tuple())

HEAD = b'<Patient xmlns="http://hl7.org/fhir">'


@pytest.mark.parametrize("part", range(3))
def test_examples_there_and_back(examples: Path, part: int) -> None:
    paths = [p for p in sorted(examples.glob("*-*.json")) if p.name not in REFUSED and p.stat().st_size < BYTES_MAX]
    for path in paths[part::9]:
        resource = read(path.read_bytes())
        there = write_xml(resource)
        ET.fromstring(there)
        assert _values.decode(write(read_xml(there))) == _values.decode(write(resource)), path.name


def test_as_hl7_writes_it() -> None:
    """The forms of xml.html: value attributes, ids and urls as attributes, narrative and contained resources inside."""
    raw = (
        HEAD + b'<id value="p"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>A &amp; B</p></div></text>'
        b'<contained><Organization><id value="o"/><name value="x"/></Organization></contained>'
        b'<extension url="http://example.org/e"><valueDecimal value="4.10"/></extension>'
        b'<active value="true"/><name id="n1"><given value="Ann"><extension url="u"><valueCode value="x"/></extension></given>'
        b'<given value="B"/></name><birthDate id="b" value="1974-12-25"/><managingOrganization><reference value="#o"/></managingOrganization></Patient>'
    )
    assert msgspec.json.decode(write(read_xml(raw))) == {
        "resourceType": "Patient",
        "id": "p",
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>A &amp; B</p></div>'},
        "contained": [{"resourceType": "Organization", "id": "o", "name": "x"}],
        "extension": [{"url": "http://example.org/e", "valueDecimal": 4.10}],
        "active": True,
        "name": [{"id": "n1", "given": ["Ann", "B"], "_given": [{"extension": [{"url": "u", "valueCode": "x"}]}, None]}],
        "birthDate": "1974-12-25",
        "_birthDate": {"id": "b"},
        "managingOrganization": {"reference": "#o"},
    }
    assert write_xml(read_xml(raw)) == raw


def test_white_space_in_values_is_kept() -> None:
    resource = read(b'{"resourceType":"Patient","name":[{"text":"a\\n b\\t\\"c\\" <d> & e"}]}')
    assert write(read_xml(write_xml(resource))) == write(resource)


def test_decimals_keep_their_digits() -> None:
    raw = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":4.10}}'
    assert b'value="4.10"' in write_xml(read(raw))
    assert write(read_xml(write_xml(read(raw)))) == raw


def test_what_xml_cannot_hold() -> None:
    with pytest.raises(UnwritableError):
        write_xml(read('{"resourceType":"Patient","name":[{"text":"\ufffe"}]}'.encode()))


@pytest.mark.parametrize(
    ("raw", "path", "word"),
    [
        (HEAD, "", "not XML"),
        (b"<Patient/>", "", "namespace"),
        (b'<Nobody xmlns="http://hl7.org/fhir"/>', "", "no resource"),
        (HEAD + b"text</Patient>", "", "outside of an attribute"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + HEAD + b"</Patient>", "", "document type"),
        (HEAD + b'<foo value="1"/></Patient>', "Patient.foo", "no such element"),
        (HEAD + b'<active value="1"/></Patient>', "Patient.active", "true or false"),
        (HEAD + b'<birthDate value="1974-13-01"/></Patient>', "Patient.birthDate", "day of the calendar"),
        (HEAD + b'<birthDate value="1974"/><birthDate value="1975"/></Patient>', "Patient.birthDate", "single value"),
        (HEAD + b'<gender value="M"/></Patient>', "Patient.gender", "must be one of"),
        (HEAD + b"<name/></Patient>", "Patient.name[0]", "empty"),
        (HEAD + b'<name><family value=""/></name></Patient>', "Patient.name[0].family", "empty"),
        (HEAD + b'<name foo="x"><family value="y"/></name></Patient>', "Patient.name[0].foo", "no such element"),
        (HEAD + b'<multipleBirthInteger value="01"/></Patient>', "Patient.multipleBirthInteger", "whole number"),
        (HEAD + b"<name>" * 500, "", "nested too deeply"),
        (HEAD + b"\xff</Patient>", "", "not"),
    ],
)
def test_refused(raw: bytes, path: str, word: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_xml(raw)
    assert refusal.value.faults[0].path == path
    assert word in refusal.value.faults[0].message
