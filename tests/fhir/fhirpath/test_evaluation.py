"""What expressions give, from the examples in the specification's own words (http://hl7.org/fhirpath/N1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from benchside.fhir import read
from benchside.fhir.fhirpath.conversions import plain_text
from benchside.fhir.fhirpath.evaluation import evaluate
from benchside.fhir.fhirpath.node import Node, QuantityValue
from benchside.fhir.fhirpath.syntax import FHIRPathError

PATIENT = read(
    json.dumps(
        {
            "resourceType": "Patient",
            "id": "1",
            "contained": [{"resourceType": "Organization", "id": "o", "name": "Ward"}],
            "extension": [{"url": "http://x.org/a", "valueInteger": 3}, {"url": "http://x.org/b", "valueString": "t"}],
            "name": [
                {"use": "official", "family": "Chalmers", "given": ["Peter", "James"]},
                {"use": "usual", "given": ["Jim"]},
                {"use": "maiden", "family": "Windsor", "given": ["Peter", "James"]},
            ],
            "gender": "male",
            "birthDate": "1974-12-25",
            "_birthDate": {"extension": [{"url": "http://x.org/time", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
            "multipleBirthInteger": 2,
            "managingOrganization": {"reference": "#o"},
            "generalPractitioner": [{"reference": "Practitioner/7"}],
            "active": True,
            "_language": {"extension": [{"url": "http://x.org/unknown", "valueCode": "asked"}]},
        }
    ).encode()
)


def plain(nodes: list[Node]) -> list[Any]:
    return [f"{node.value.value} {node.value.unit}" if isinstance(node.value, QuantityValue) else node.value for node in nodes]


GIVES = [
    # navigation
    ("Patient.name.given", ["Peter", "James", "Jim", "Peter", "James"]),
    ("name.where(use = 'usual').given", ["Jim"]),
    ("name[1].given[0] | name[0].given[0]", ["Jim", "Peter"]),
    ("name[7].given", []),
    ("Observation.value", []),
    ("name.given.count()", [5]),
    ("name.given.distinct()", ["Peter", "James", "Jim"]),
    ("name.given.isDistinct()", [False]),
    ("name.family.isDistinct()", [True]),
    ("name.first().family", ["Chalmers"]),
    ("name.last().family", ["Windsor"]),
    ("name.tail().use", ["usual", "maiden"]),
    ("name.skip(1).take(1).use", ["usual"]),
    ("name.select(given.first() & '-' & use)", ["Peter-official", "Jim-usual", "Peter-maiden"]),
    ("name.where($index = 1).use", ["usual"]),
    ("name.given.where($this.startsWith('J'))", ["James", "Jim", "James"]),
    ("name.given.aggregate($total + $this.length(), 0)", [5 + 5 + 3 + 5 + 5]),
    ("name.repeat(given)", ["Peter", "James", "Jim"]),
    ("extension('http://x.org/a').value", [3]),
    ("birthDate.extension('http://x.org/time').value", ["1974-12-25T14:35:45-05:00"]),
    ("multipleBirth", [2]),
    ("multipleBirth.ofType(integer)", [2]),
    ("multipleBirth.ofType(boolean)", []),
    ("managingOrganization.resolve().name", ["Ward"]),
    ("generalPractitioner.where(resolve() is Practitioner).reference", ["Practitioner/7"]),
    ("generalPractitioner.where(resolve() is Patient)", []),
    ("contained.children().where($this = 'Ward')", ["Ward"]),
    ("descendants().where($this = 'Windsor')", ["Windsor"]),
    # existence
    ("name.exists()", [True]),
    ("photo.exists()", [False]),
    ("name.exists(use = 'usual')", [True]),
    ("photo.empty()", [True]),
    ("language.exists()", [True]),
    ("language.hasValue()", [False]),
    ("birthDate.hasValue()", [True]),
    ("name.all(given.exists())", [True]),
    ("name.all(family.exists())", [False]),
    ("photo.all(false)", [True]),
    ("(true | false).anyTrue()", [True]),
    ("(true | false).allTrue()", [False]),
    ("(false | false).allFalse()", [True]),
    ("(1 | 2).subsetOf(1 | 2 | 3)", [True]),
    ("(1 | 4).subsetOf(1 | 2 | 3)", [False]),
    ("(1 | 2 | 3).supersetOf(1 | 2)", [True]),
    # combining
    ("(1 | 2 | 3).intersect(2 | 4)", [2]),
    ("(1 | 2 | 3).exclude(2)", [1, 3]),
    ("(1 | 1 | 2)", [1, 2]),
    ("(1).combine(1)", [1, 1]),
    ("(1).union(2)", [1, 2]),
    # logic: the truth tables of the specification
    ("true and {}", []),
    ("false and {}", [False]),
    ("{} and {}", []),
    ("true or {}", [True]),
    ("false or {}", []),
    ("true xor {}", []),
    ("true xor false", [True]),
    ("true implies {}", []),
    ("false implies {}", [True]),
    ("{} implies true", [True]),
    ("{} implies false", []),
    ("{}.not()", []),
    ("false.not()", [True]),
    # comparison
    ("1 = 1.0", [True]),
    ("'a' = 'A'", [False]),
    ("'a b' ~ ' A  B'", [True]),
    ("{} = 1", []),
    ("(1 | 2) = (1 | 2)", [True]),
    ("(1 | 2) = (2 | 1)", [False]),
    ("(1 | 2) ~ (2 | 1)", [True]),
    ("{} ~ {}", [True]),
    ("1.1 ~ 1.10", [True]),
    ("1 != 2", [True]),
    ("'a' < 'b'", [True]),
    ("1.5 >= 1.50", [True]),
    ("birthDate < today()", [True]),
    ("@2018-03-01 > @2018-01-01", [True]),
    ("@2018-03 > @2018-03-01", []),
    ("@2012 = @2013", [False]),
    ("@2012-01 = @2012", []),
    ("@2012 ~ @2012-01", [False]),
    ("@2017-11-05T01:30:00.0-04:00 > @2017-11-05T01:15:00.0-05:00", [False]),
    ("@2012-04-15T15:00:00Z = @2012-04-15T10:00:00-05:00", [True]),
    ("@T10:30 > @T10:00", [True]),
    ("@T10:30 > @T10:30:00", []),
    ("4 'mg' = 4.0 'mg'", [True]),
    ("4 'mg' < 5 'mg'", [True]),
    ("4 'mg' < 5 'kg'", []),
    ("gender in ('male' | 'female')", [True]),
    ("('male' | 'female') contains 'other'", [False]),
    ("{} in ('a' | 'b')", []),
    # types
    ("active is boolean", [True]),
    ("active is Boolean", [True]),
    ("gender is code", [True]),
    ("gender is string", [True]),
    ("birthDate is dateTime", [False]),
    ("Patient is DomainResource", [True]),
    ("(1).is(Integer)", [True]),
    ("gender.as(code)", ["male"]),
    ("conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')", [True]),
    # arithmetic
    ("1 + 2 * 3", [7]),
    ("5 / 2", [Decimal("2.5")]),
    ("5 div 2", [2]),
    ("-5 div 2", [-2]),
    ("5 mod 2", [1]),
    ("5.5 mod 0.7", [Decimal("0.6")]),
    ("5 / 0", []),
    ("1 + {}", []),
    ("'a' + 'b'", ["ab"]),
    ("'a' & {} & 'b'", ["ab"]),
    ("3 'mg' + 2 'mg'", ["5 mg"]),
    ("(-5).abs()", [5]),
    ("1.1.ceiling()", [2]),
    ("(-1.1).ceiling()", [-1]),
    ("1.9.floor()", [1]),
    ("1.9.truncate()", [1]),
    ("3.14159.round(3)", [Decimal("3.142")]),
    ("81.sqrt()", [9]),
    ("2.power(3)", [8]),
    ("16.log(2).round(6)", [Decimal("4.000000")]),
    ("(-1).sqrt()", []),
    # text
    ("'abcdefg'.indexOf('bc')", [1]),
    ("'abcdefg'.indexOf('x')", [-1]),
    ("'abcdefg'.substring(3)", ["defg"]),
    ("'abcdefg'.substring(1, 2)", ["bc"]),
    ("'abcdefg'.substring(7, 1)", []),
    ("'abcdefg'.startsWith('abc')", [True]),
    ("'abcdefg'.endsWith('efg')", [True]),
    ("'abcdefg'.contains('cd')", [True]),
    ("'abc'.upper()", ["ABC"]),
    ("'ABC'.lower()", ["abc"]),
    ("'abcdefg'.replace('cde', '123')", ["ab123fg"]),
    ("'abc'.matches('[a-c]*')", [True]),
    ("'abcd'.matches('[a-c]*')", [False]),
    (r"'11/30/1972'.replaceMatches('(\\d+)/(\\d+)/(\\d+)', '$2-$1-$3')", ["30-11-1972"]),
    ("'abc'.length()", [3]),
    ("'abc'.toChars()", ["a", "b", "c"]),
    ("{}.startsWith('a')", []),
    # conversion
    ("'3'.toInteger()", [3]),
    ("'3.5'.toInteger()", []),
    ("'3.50'.toDecimal()", [Decimal("3.50")]),
    ("true.toInteger()", [1]),
    ("'yes'.toBoolean()", [True]),
    ("0.0.toBoolean()", [False]),
    ("2.toBoolean()", []),
    ("1.50.toString()", ["1.50"]),
    ("true.toString()", ["true"]),
    ("'2020-05'.toDate()", ["2020-05"]),
    ("'2020-05-01T10:00:00Z'.toDateTime()", ["2020-05-01T10:00:00Z"]),
    ("'10:00'.toTime()", ["10:00"]),
    ("'4 days'.toQuantity()", ["4 days"]),
    ("'x'.convertsToInteger()", [False]),
    ("'1'.convertsToInteger()", [True]),
    ("iif(active, 'yes', 'no')", ["yes"]),
    ("iif(photo.exists(), 'yes')", []),
    # constants
    ("%ucum", ["http://unitsofmeasure.org"]),
    ("%resource.gender", ["male"]),
    ("%rootResource.id", ["1"]),
    ("%`vs-administrative-gender`", ["http://hl7.org/fhir/ValueSet/administrative-gender"]),
    ("name.trace('names').given.trace('given', $this).first()", ["Peter"]),
    ("today()", ["2024-05-06"]),
    ("now()", ["2024-05-06T07:08:09.000+00:00"]),
]


@pytest.mark.parametrize(("expression", "expected"), GIVES)
def test_gives(expression: str, expected: list[Any]) -> None:
    found = plain(evaluate(expression, PATIENT, now=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)))
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


@pytest.mark.parametrize(
    "expression",
    [
        "name.single()",
        "name.given.startsWith('P')",
        "1 < 'a'",
        "name < name",
        "nothing()",
        "1 - 'a'",
        "name.first() and name.given",
        "%nowhere",
        "now()",
        "name[gender]",
        "gender.memberOf('http://x.org/vs')",
        "'a'.matches('(')",
        "name.ofType(3)",
    ],
)
def test_fails(expression: str) -> None:
    with pytest.raises(FHIRPathError, match=r".+"):
        evaluate(expression, PATIENT)


def test_only_the_functions_that_are_allowed() -> None:
    assert plain(evaluate("name.first().use", PATIENT, functions=frozenset({"first"}))) == ["official"]
    with pytest.raises(FHIRPathError, match="last"):
        evaluate("name.last().use", PATIENT, functions=frozenset({"first"}))


def test_paths_say_where_a_value_is() -> None:
    assert [node.path for node in evaluate("name.given", PATIENT)][:3] == [
        "Patient.name[0].given[0]",
        "Patient.name[0].given[1]",
        "Patient.name[1].given[0]",
    ]
    assert [node.path for node in evaluate("multipleBirth", PATIENT)] == ["Patient.multipleBirth"]


def test_a_resolver_finds_other_resources() -> None:
    practitioner = read(b'{"resourceType":"Practitioner","id":"7","active":true}')
    found = evaluate("generalPractitioner.resolve().active", PATIENT, resolve={"Practitioner/7": practitioner}.get)
    assert plain(found) == [True]


def test_plain_text_of_values() -> None:
    assert plain_text(Node(Decimal("1E+2"), "decimal")) == "100"
    assert plain_text(Node(False, "boolean")) == "false"
    assert plain_text(Node(PATIENT, "Patient")) is None
