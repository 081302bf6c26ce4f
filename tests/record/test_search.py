"""The record's search against a naive reading of the same resources, on both engines, page by page."""

import dataclasses
import json
from datetime import UTC
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchside.fhir import read
from benchside.fhir.search.criteria import Search
from benchside.fhir.search.query import SearchLimits, parse_search
from benchside.record import Record
from tests.fhir.search.naive import Naive
from tests.fhir.search.random_records import JSON, VALUE_SETS, Pairs, records
from tests.fhir.search.random_searches import searches, sorts, subtle_searches
from tests.record.conftest import MORNING, WHO

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""No shrinking: each try writes a database, and the failing query is printed beside its ids anyway."""
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
TABLES = "record_token record_text record_date record_quantity record_dangling record_resource record_version record_commit"


def emptied(record: Record) -> None:
    """Take everything out again: hypothesis runs many examples on one database."""
    for table in TABLES.split():
        record.engine.run(f"DELETE FROM {table}")
    record.engine.run("UPDATE record_head SET number = 0, recorded = 0, hash = ?, resource_key = 0, version_key = 0", [b""])


def written(record: Record, resources: list[JSON]) -> list[JSON]:
    """Write the resources in one commit; what they are now, decimals kept."""
    with record.engine.writing():
        emptied(record)
    with record.commit(WHO, at=MORNING) as commit:
        for resource in resources:
            commit.update(read(json.dumps(resource).encode()))
    return [json.loads(record.read(r["resourceType"], r["id"]).content, parse_float=Decimal) for r in resources]


def understood(resource_type: str, pairs: Pairs) -> Search:
    """The query as the API reads it."""
    return parse_search([resource_type], pairs, limits=SearchLimits(), strict=True, zone=UTC, codes_of=VALUE_SETS.get)


def walked(record: Record, search: Search) -> tuple[list[str], int | None]:
    """Ids of all matches in order, over pages of two, and the total the first page told."""
    ids: list[str] = []
    page = record.search(dataclasses.replace(search, count=2))
    total = page.total
    while True:
        ids += [match.id for match in page.matches]
        if page.next_cursor is None:
            return ids, total
        page = record.search(dataclasses.replace(search, count=2, cursor=page.next_cursor))


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW, phases=PHASES)
@given(resources=records(), asked=st.lists(st.one_of(searches(), subtle_searches()), min_size=8, max_size=16))
def test_search_finds_what_a_naive_reading_finds(database: str, resources: list[JSON], asked: list[tuple[str, Pairs]]) -> None:
    del database
    record = Record()
    documents = written(record, resources)
    naive = Naive(documents, VALUE_SETS)
    for resource_type, pairs in asked:
        ids, total = walked(record, understood(resource_type, pairs))
        own = [d for d in documents if d["resourceType"] == resource_type]
        assert sorted(ids) == sorted(d["id"] for d in own if naive.matches(d, pairs)), (resource_type, pairs)
        assert total == len(ids), (resource_type, pairs)


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW, phases=PHASES)
@given(resources=records(), data=st.data())
def test_sorted_pages_stand_in_order_and_hold_everything(database: str, resources: list[JSON], data: Any) -> None:
    del database
    record = Record()
    documents = written(record, resources)
    by_id = {(d["resourceType"], d["id"]): d for d in documents}
    for resource_type in ("Patient", "Observation", "Encounter", "ServiceRequest"):
        sort = data.draw(sorts(resource_type))
        of_patient = resource_type != "Patient" and data.draw(st.booleans())
        pairs = [("_sort", sort), *([("patient", "p0")] if of_patient else [])]
        ids, total = walked(record, understood(resource_type, pairs))
        naive = Naive(documents)
        own = [d["id"] for d in documents if d["resourceType"] == resource_type and naive.matches(d, pairs)]
        assert sorted(ids) == sorted(own)
        assert total == len(own)
        assert naive.ordered([by_id[resource_type, id_] for id_ in ids], sort), (resource_type, sort, ids)
