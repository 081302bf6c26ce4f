"""How a query is read: R4's search page as tables. Spans of time are written with datetimes, numbers from the page's own tables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.search.parameters import parameters
from benchside.fhir.search.query import (
    AnyOf,
    Chained,
    Clause,
    CompositeValue,
    DateValue,
    Include,
    InvalidSearch,
    MissingValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    Reverse,
    Search,
    SearchLimits,
    Sort,
    StringValue,
    TokenSetValue,
    TokenValue,
    TypedIdentifierValue,
    UriValue,
    Value,
    parse_search,
)

LIMITS = SearchLimits()
VALUE_SETS = {"http://example.org/vs": (("http://loinc.org", "1"), (None, "x"))}
HIERARCHY = {("http://s", "a", "below"): (("http://s", "a"), ("http://s", "b"))}


def read(types: str, query: str, *, strict: bool = True, limits: SearchLimits = LIMITS, now: datetime | None = None) -> Search:
    return parse_search(
        types.split(",") if types else [],
        parse_qsl(query, keep_blank_values=True),
        limits=limits,
        strict=strict,
        zone=UTC,
        now=now,
        base="https://site.example/fhir",
        codes_of=VALUE_SETS.get,
        related_codes=lambda system, code, direction: HIERARCHY.get((system, code, direction)),
    )


def faults(types: str, query: str, **options: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSearch) as refused:
        read(types, query, **options)  # type: ignore[arg-type] # the options of `read`
    return [(fault.path, fault.code) for fault in refused.value.faults]


def value(types: str, query: str) -> Value:
    """The only value of the only clause."""
    (clause,) = read(types, query).criteria
    assert isinstance(clause, Clause)
    (only,) = clause.values
    return only


def micro(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


TOKENS = [
    ("code=1", TokenValue(None, "1")),
    ("code=http://loinc.org|1", TokenValue("http://loinc.org", "1")),
    ("code=http://loinc.org|", TokenValue("http://loinc.org", None)),
    ("code=|1", TokenValue("", "1")),
    (r"code=a\|b", TokenValue(None, "a|b")),
    (r"code=a\,b", TokenValue(None, "a,b")),
    (r"code=a\\b", TokenValue(None, r"a\b")),
    (r"code=a\b", TokenValue(None, r"a\b")),
    (r"code=s\|t|c\$d", TokenValue("s|t", "c$d")),
    ("code:not=1", TokenValue(None, "1")),
    ("code:text=head", StringValue("head")),
    ("code:in=http://example.org/vs", TokenSetValue("http://example.org/vs", (TokenValue("http://loinc.org", "1"), TokenValue(None, "x")))),
    ("code:below=http://s|a", TokenSetValue("http://s|a", (TokenValue("http://s", "a"), TokenValue("http://s", "b")))),
    ("identifier:of-type=http://t|MR|123", TypedIdentifierValue("http://t", "MR", "123")),
    ("code:missing=true", MissingValue(missing=True)),
    ("code:missing=false", MissingValue(missing=False)),
]


@pytest.mark.parametrize(("query", "expected"), TOKENS)
def test_tokens(query: str, expected: Value) -> None:
    assert value("Observation", query) == expected


REFERENCES = [
    ("Observation", "subject=Patient/1", ReferenceValue("Patient", "1", None)),
    ("Observation", "subject=1", ReferenceValue(None, "1", None)),
    ("Observation", "subject:Patient=1", ReferenceValue("Patient", "1", None)),
    ("Observation", "subject:Patient=Patient/1", ReferenceValue("Patient", "1", None)),
    ("Observation", "patient=1", ReferenceValue("Patient", "1", None)),
    ("Observation", "specimen=1", ReferenceValue("Specimen", "1", None)),
    ("Observation", "subject=https://site.example/fhir/Patient/1", ReferenceValue("Patient", "1", None)),
    ("Observation", "subject=https://other.example/fhir/Patient/1", ReferenceValue(None, None, "https://other.example/fhir/Patient/1")),
    ("Observation", "subject=urn:uuid:0c3151bd", ReferenceValue(None, None, "urn:uuid:0c3151bd")),
    ("Observation", "subject=Patient/1/_history/2", ReferenceValue(None, None, "Patient/1/_history/2")),
    ("Observation", "subject:identifier=http://s|1", TokenValue("http://s", "1")),
    ("QuestionnaireResponse", "questionnaire=http://x.org/q|1.2", ReferenceValue(None, None, "http://x.org/q|1.2")),
]


@pytest.mark.parametrize(("resource_type", "query", "expected"), REFERENCES)
def test_references(resource_type: str, query: str, expected: Value) -> None:
    assert value(resource_type, query) == expected


NUMBERS = [  # the table of https://hl7.org/fhir/R4/search.html#number
    ("100", "eq", "100", "99.5", "100.5"),
    ("100.00", "eq", "100.00", "99.995", "100.005"),
    ("1e2", "eq", "1e2", "95", "105"),
    ("lt100", "lt", "100", "99.5", "100.5"),
    ("le100", "le", "100", "99.5", "100.5"),
    ("gt100", "gt", "100", "99.5", "100.5"),
    ("ge100", "ge", "100", "99.5", "100.5"),
    ("ne100", "ne", "100", "99.5", "100.5"),
    ("ap100", "ap", "100", "90", "110"),
    ("ap1", "ap", "1", "0.5", "1.5"),
    ("-5.4", "eq", "-5.4", "-5.45", "-5.35"),
    ("sa0.05", "sa", "0.05", "0.045", "0.055"),
    ("eb0", "eb", "0", "-0.5", "0.5"),
]


@pytest.mark.parametrize(("asked", "prefix", "number", "low", "high"), NUMBERS)
def test_numbers(asked: str, prefix: str, number: str, low: str, high: str) -> None:
    expected = NumberValue(prefix, Decimal(number), Decimal(low), Decimal(high))
    assert value("RiskAssessment", f"probability={asked}") == expected


QUANTITIES = [  # the table of https://hl7.org/fhir/R4/search.html#quantity
    ("5.4|http://unitsofmeasure.org|mg", "eq", "5.35", "5.45", "http://unitsofmeasure.org", "mg"),
    ("5.40|http://unitsofmeasure.org|mg", "eq", "5.395", "5.405", "http://unitsofmeasure.org", "mg"),
    ("5.4||mg", "eq", "5.35", "5.45", None, "mg"),
    ("5.4", "eq", "5.35", "5.45", None, None),
    ("le5.4|http://unitsofmeasure.org|mg", "le", "5.35", "5.45", "http://unitsofmeasure.org", "mg"),
    ("ap5.4|http://unitsofmeasure.org|mg", "ap", "4.86", "5.94", "http://unitsofmeasure.org", "mg"),
]


@pytest.mark.parametrize(("asked", "prefix", "low", "high", "system", "code"), QUANTITIES)
def test_quantities(asked: str, prefix: str, low: str, high: str, system: str | None, code: str | None) -> None:
    found = value("Observation", f"value-quantity={asked}")
    assert isinstance(found, QuantityValue)
    assert (found.prefix, found.low, found.high, found.system, found.code) == (prefix, Decimal(low), Decimal(high), system, code)


DATES = [
    ("2013-01-14", "eq", "2013-01-14T00:00:00Z", "2013-01-14T23:59:59.999999Z"),
    ("ne2013", "ne", "2013-01-01T00:00:00Z", "2013-12-31T23:59:59.999999Z"),
    ("lt2013-01-14T10:00", "lt", "2013-01-14T10:00:00Z", "2013-01-14T10:00:59.999999Z"),
    ("gt2013-01-14T10:00:00-05:00", "gt", "2013-01-14T15:00:00Z", "2013-01-14T15:00:00.999999Z"),
    ("ge2013-03", "ge", "2013-03-01T00:00:00Z", "2013-03-31T23:59:59.999999Z"),
    ("sa2013-01-14T10:00:00.5Z", "sa", "2013-01-14T10:00:00.5Z", "2013-01-14T10:00:00.599999Z"),
    ("2013-01-14T10:00:00%2B02:00", "eq", "2013-01-14T08:00:00Z", "2013-01-14T08:00:00.999999Z"),
    ("2013-01-14T10:00:00+02:00", "eq", "2013-01-14T08:00:00Z", "2013-01-14T08:00:00.999999Z"),  # + not escaped: a space
]


@pytest.mark.parametrize(("asked", "prefix", "start", "stop"), DATES)
def test_dates(asked: str, prefix: str, start: str, stop: str) -> None:
    assert value("Observation", f"date={asked}") == DateValue(prefix, micro(start), micro(stop))


def test_a_date_without_offset_is_in_the_sites_zone() -> None:
    search = parse_search(["Patient"], [("birthdate", "2020-06-01")], limits=LIMITS, strict=True, zone=ZoneInfo("America/New_York"))
    assert search.criteria == (
        Clause("Patient", "birthdate", None, (DateValue("eq", micro("2020-06-01T04:00:00Z"), micro("2020-06-02T03:59:59.999999Z")),)),
    )


def test_about_a_date_is_wider_the_farther_it_is_from_now() -> None:
    now = datetime(2020, 1, 11, tzinfo=UTC)
    (clause,) = read("Observation", "date=ap2020-01-01T00:00:00Z", now=now).criteria
    assert isinstance(clause, Clause)
    (found,) = clause.values
    assert isinstance(found, DateValue)
    tenth = (micro("2020-01-11T00:00:00+00:00") - micro("2020-01-01T00:00:00.999999+00:00")) // 10
    assert (found.start, found.stop) == (micro("2020-01-01T00:00:00Z") - tenth, micro("2020-01-01T00:00:00.999999Z") + tenth)


def test_several_values_are_one_clause() -> None:
    assert read("Patient", "gender=male,female").criteria == (
        Clause("Patient", "gender", None, (TokenValue(None, "male"), TokenValue(None, "female"))),
    )


def test_repeated_parameters_are_several_clauses() -> None:
    assert len(read("Patient", "name=a&name=b").criteria) == 2


def test_strings_and_uris() -> None:
    assert value("Patient", "name:exact=Ann%20Lee") == StringValue("Ann Lee")
    assert value("Patient", "name:contains=%C3%A9") == StringValue("é")
    assert value("ValueSet", "url:below=http://hl7.org/fhir") == UriValue("http://hl7.org/fhir")
    assert value("ValueSet", "url=urn:oid:1.2") == UriValue("urn:oid:1.2")
    assert value("Patient", "phonetic=Ashcroft") == StringValue("A261")
    assert value("Patient", "_content=two words, together") == StringValue("two words, together")


def test_composites() -> None:
    found = value("Observation", "code-value-quantity=http://loinc.org|8480-6$gt120||mm[Hg]")
    expected = QuantityValue("gt", Decimal(120), Decimal("119.5"), Decimal("120.5"), None, "mm[Hg]")
    assert found == CompositeValue((TokenValue("http://loinc.org", "8480-6"), expected))
    assert value("Observation", r"code-value-string=a\$b$c") == CompositeValue((TokenValue(None, "a$b"), StringValue("c")))


def test_chains() -> None:
    ann = Clause("Patient", "name", None, (StringValue("ann"),))
    assert read("Observation", "subject:Patient.name=ann").criteria == (Chained("Observation", "subject", ("Patient",), ann),)
    assert read("Observation", "patient.name=ann").criteria == (Chained("Observation", "patient", ("Patient",), ann),)
    (either,) = read("Observation", "subject.name=ann").criteria
    assert isinstance(either, AnyOf)
    assert {each.target_types for each in either.criteria if isinstance(each, Chained)} == {("Patient",), ("Location",)}
    (long,) = read("Observation", "patient.organization.partof.name=ann").criteria
    inner = Clause("Organization", "name", None, (StringValue("ann"),))
    assert long == Chained(
        "Observation",
        "patient",
        ("Patient",),
        Chained("Patient", "organization", ("Organization",), Chained("Organization", "partof", ("Organization",), inner)),
    )


def test_reverse_chains() -> None:
    code = Clause("Observation", "code", None, (TokenValue(None, "1"),))
    assert read("Patient", "_has:Observation:patient:code=1").criteria == (Reverse("Patient", "Observation", "patient", code),)
    agent = Clause("AuditEvent", "agent", None, (ReferenceValue("Device", "x", None),))
    assert read("Patient", "_has:Observation:patient:_has:AuditEvent:entity:agent=Device/x").criteria == (
        Reverse("Patient", "Observation", "patient", Reverse("Observation", "AuditEvent", "entity", agent)),
    )


def test_lists() -> None:
    assert read("Patient", "_list=42").criteria == (
        Reverse("Patient", "List", "item", Clause("List", "_id", None, (TokenValue(None, "42"),))),
    )


def test_results() -> None:
    search = read(
        "Observation",
        "_sort=-date,status&_count=7&_total=accurate&_elements=status,code&_include=Observation:subject:Patient"
        "&_include:iterate=Patient:organization&_revinclude=Provenance:target&_cursor=abc&_contained=false&_format=json",
    )
    assert search.sort == (Sort("date", descending=True), Sort("status", descending=False))
    assert (search.count, search.total, search.elements, search.cursor) == (7, "accurate", ("status", "code"), "abc")
    assert search.includes == (
        Include("Observation", "subject", "Patient", iterate=False),
        Include("Patient", "organization", None, iterate=True),
    )
    assert search.revincludes == (Include("Provenance", "target", None, iterate=False),)
    assert "_format" not in dict(search.pairs)


def test_counts() -> None:
    assert read("Patient", "").count == LIMITS.count_default
    assert read("Patient", "_count=999999").count == LIMITS.count_max
    assert read("Patient", "_count=0").count == 0
    counted = read("Patient", "_summary=count&_count=5")
    assert (counted.count, counted.summary) == (0, "count")
    assert read("Patient", "_summary=false").summary is None


def test_every_include_of_a_type() -> None:
    assert read("Patient", "_include=*").includes == (Include("Patient", None, None, iterate=False),)
    assert read("Patient", "_include=Patient:*").includes == (Include("Patient", None, None, iterate=False),)


def test_several_types() -> None:
    search = read("", "_type=Patient,Group&_tag=x&_lastUpdated=gt2020&_tag:not=y")
    assert search.types == ("Patient", "Group")
    tag, updated, *not_y = search.criteria
    assert isinstance(tag, AnyOf)
    assert [each.type for each in tag.criteria if isinstance(each, Clause)] == ["Patient", "Group"]
    assert isinstance(updated, Clause)
    assert [(each.type, each.modifier) for each in not_y if isinstance(each, Clause)] == [("Patient", "not"), ("Group", "not")]
    assert read("", "").types == tuple(sorted(RESOURCE_NAMES))
    assert read("", "_type=Patient&birthdate=2000").types == ("Patient",)


def test_a_place() -> None:
    latitudes, longitudes = read("Location", "near=42.0|-71.0|111.32|km").criteria
    assert isinstance(latitudes, Clause)
    assert isinstance(longitudes, Clause)
    (north_south,) = latitudes.values
    assert isinstance(north_south, NumberValue)
    assert float(north_south.low) == pytest.approx(41)  # one degree of latitude is 111.32 km
    assert float(north_south.high) == pytest.approx(43)
    over_the_date_line = read("Location", "near=0|179.9|111.32").criteria[1]
    assert isinstance(over_the_date_line, Clause)
    assert len(over_the_date_line.values) == 2


UNKNOWN = [
    ("Patient", "birthdat=2000", "http.birthdat"),
    ("Patient", "subject.name=x", "http.subject.name"),
    ("Observation", "subject.colour=x", "http.subject.colour"),
    ("Patient", "_has:Observation:patient:colour=x", "http._has:Observation:patient:colour"),
    ("Patient", "_sort=colour", "http._sort"),
    ("Patient", "_include=Patient:colour", "http._include"),
    ("Patient", "_query=x", "http._query"),
    ("Patient", "_filter=x", "http._filter"),
    ("Patient,Group", "birthdate=2000", "http.birthdate"),
]


@pytest.mark.parametrize(("types", "query", "path"), UNKNOWN)
def test_what_is_unknown_is_refused_or_left_out_as_asked(types: str, query: str, path: str) -> None:
    assert faults(types, query) == [(path, "not-supported")]
    search = read(types, query, strict=False)
    assert search.ignored == (path.removeprefix("http."),)
    assert (search.criteria, search.sort, search.includes, search.pairs) == ((), (), (), ())


MALFORMED = [
    ("Patient", "birthdate=someday", "value"),
    ("Patient", "birthdate=2020-13", "value"),
    ("Patient", "birthdate:exact=2020", "not-supported"),
    ("Patient", "name:not=x", "not-supported"),
    ("Patient", "name=", "value"),
    ("Patient", "name=a,,b", "value"),
    ("Patient", "name:=a", "value"),
    ("Patient", "active:missing=maybe", "value"),
    ("Patient", "gender=a|b|c", "value"),
    ("Patient", "gender=|", "value"),
    ("Patient", "gender:in=http://unknown.example/vs", "not-found"),
    ("Patient", "gender:below=a", "not-supported"),
    ("Patient", "identifier:of-type=a|b", "value"),
    ("Patient", "phonetic=two words", "value"),
    ("RiskAssessment", "probability=high", "value"),
    ("RiskAssessment", "probability=1e999", "value"),
    ("RiskAssessment", "probability=NaN", "value"),
    ("RiskAssessment", "probability=Infinity", "value"),
    ("Observation", "value-quantity=5|mg", "value"),
    ("Observation", "value-quantity=x||mg", "value"),
    ("Observation", "code-value-quantity=1", "value"),
    ("Observation", "code-value-quantity=1$", "value"),
    ("Observation", "subject:Practitioner=1", "value"),
    ("Observation", "subject:Patient=Group/1", "value"),
    ("Observation", "subject=Patient/", "value"),
    ("Observation", "subject:Organization.name=x", "value"),
    ("Observation", "code.name=x", "value"),
    ("Observation", "patient.birthdate=someday", "value"),
    ("Patient", "_has:Observation=x", "value"),
    ("Patient", "_has:Colour:patient:code=x", "value"),
    ("Patient", "_has:Observation:code:code=x", "value"),
    ("Patient", "_count=-1", "value"),
    ("Patient", "_count=1&_count=2", "value"),
    ("Patient", "_total=most", "value"),
    ("Patient", "_summary=short", "value"),
    ("Patient", "_elements=colour", "value"),
    ("Patient", "_contained=true", "not-supported"),
    ("Patient", "_include=Patient", "value"),
    ("Patient", "_include:all=Patient:organization", "not-supported"),
    ("Patient", "_include=Patient:organization:Patient", "value"),
    ("Patient", "_revinclude=*", "too-costly"),
    ("Patient", "_sort:desc=name", "value"),
    ("Observation", "_sort=code-value-quantity", "not-supported"),
    ("Patient", "_id:not=1", "not-supported"),
    ("Patient", "_list=$current-allergies", "not-supported"),
    ("ValueSet", "url:below=urn:oid:1", "value"),
    ("Location", "near=91|0", "value"),
    ("Location", "near=here", "value"),
    ("Location", "near=1|1|-5", "value"),
    ("", "_type=Patient,Colour", "value"),
]


@pytest.mark.parametrize(("types", "query", "code"), MALFORMED)
def test_what_is_known_but_malformed_is_refused_always(types: str, query: str, code: str) -> None:
    assert [found for _, found in faults(types, query)] == [code]
    assert [found for _, found in faults(types, query, strict=False)] == [code]


def test_every_fault_is_named_at_once() -> None:
    assert faults("Patient", "birthdate=x&colour=red&_count=no&name:not=a") == [
        ("http.birthdate", "value"),
        ("http.colour", "not-supported"),
        ("http._count", "value"),
        ("http.name:not", "not-supported"),
    ]


def test_a_misspelt_parameter_gets_a_hint() -> None:
    with pytest.raises(InvalidSearch, match="Did you mean birthdate"):
        read("Patient", "birthdat=2000")


LIMITED = [
    (SearchLimits(clauses_max=2), "name=a&name=b&name=c", "clauses_max"),
    (SearchLimits(values_max=2), "name=a,b,c", "values_max"),
    (SearchLimits(values_max=2), "_list=1,2,3", "values_max"),
    (SearchLimits(value_length_max=3), "name=abcd", "value_length_max"),
    (SearchLimits(chain_depth_max=1), "organization.partof.name=x", "chain_depth_max"),
    (SearchLimits(chain_depth_max=1), "_has:Observation:patient:_has:AuditEvent:entity:agent=x", "chain_depth_max"),
    (SearchLimits(include_max=1), "_include=Patient:organization&_revinclude=Provenance:target", "include_max"),
    (SearchLimits(sort_max=1), "_sort=name,birthdate", "sort_max"),
]


@pytest.mark.parametrize(("limits", "query", "setting"), LIMITED)
def test_limits_name_themselves_and_their_setting(limits: SearchLimits, query: str, setting: str) -> None:
    with pytest.raises(InvalidSearch) as refused:
        read("Patient", query, limits=limits)
    (fault,) = refused.value.faults
    assert fault.code == "too-costly"
    assert setting in fault.message
    assert str(getattr(limits, setting)) in fault.message


def test_a_chain_that_leads_everywhere_must_name_a_type() -> None:
    with pytest.raises(InvalidSearch, match="chain_targets_max"):
        read("Provenance", "target.identifier=x")
    assert read("Provenance", "target:Patient.identifier=x").criteria


NAMES = st.one_of(
    st.sampled_from(sorted({code for name in ("Patient", "Observation", "Location") for code in parameters(name)})),
    st.sampled_from(
        [
            "_sort",
            "_count",
            "_include",
            "_revinclude:iterate",
            "_elements",
            "_type",
            "_has:Observation:patient:code",
            "_list",
            "subject.name",
        ]
    ),
    st.text(alphabet="ab:._-_has$|,", max_size=20),
)
VALUES = st.one_of(st.text(max_size=30), st.text(alphabet="0123456789-:.TZ+e|,$\\ gltepn/aPatient", max_size=30))
SUFFIXES = st.sampled_from(
    ["", "", ":exact", ":missing", ":not", ":text", ":in", ":of-type", ":above", ":below", ":Patient", ".name", ":identifier"]
)


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(st.tuples(st.tuples(NAMES, SUFFIXES).map("".join), VALUES), max_size=4),
    st.booleans(),
    st.sampled_from(["Patient", "Observation", "Location", ""]),
)
def test_reading_never_fails_in_any_other_way(pairs: list[tuple[str, str]], strict: bool, resource_type: str) -> None:
    types = [resource_type] if resource_type else []
    try:
        search = parse_search(types, pairs, limits=LIMITS, strict=strict, zone=UTC, codes_of=VALUE_SETS.get)
    except InvalidSearch as refused:
        told = [fault.message for fault in refused.faults]
    else:
        told = ["nothing"]
        assert len(search.pairs) + len(search.ignored) == len(pairs)
    assert told
    assert all(told)
