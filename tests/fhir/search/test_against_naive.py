"""What the product finds a resource by, and how it reads a query, against a second opinion over JSON."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchside.fhir import read
from benchside.fhir.search.extraction import index_values
from benchside.fhir.search.query import SearchLimits, parse_search
from tests.fhir.search.by_rows import meets
from tests.fhir.search.naive import Naive
from tests.fhir.search.random_records import JSON, VALUE_SETS, Pairs, records
from tests.fhir.search.random_searches import searches, subtle_searches

answers: Counter[bool] = Counter()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records(), st.lists(st.one_of(searches(), subtle_searches()), min_size=10, max_size=10))
def test_rows_and_criteria_give_what_a_naive_reading_gives(record: list[JSON], several: list[tuple[str, Pairs]]) -> None:
    written = [json.dumps(resource) for resource in record]
    rows = {(str(r["resourceType"]), str(r["id"])): index_values(read(text.encode()), UTC) for r, text in zip(record, written, strict=True)}
    documents = [json.loads(text, parse_float=Decimal) for text in written]
    naive = Naive(documents, VALUE_SETS)
    for resource_type, pairs in several:
        understood = parse_search([resource_type], pairs, limits=SearchLimits(), strict=True, zone=UTC, codes_of=VALUE_SETS.get)
        for document in documents:
            if document["resourceType"] == resource_type:
                key = (resource_type, str(document["id"]))
                found = all(meets(key, criterion, rows) for criterion in understood.criteria)
                answers[found] += 1
                assert found == naive.matches(document, pairs), (document, pairs)


def test_the_random_searches_found_and_missed_often_enough_to_tell() -> None:
    if sum(answers.values()) > 200:  # not when the test above was run by itself or not at all
        assert min(answers[True], answers[False]) > sum(answers.values()) / 20
