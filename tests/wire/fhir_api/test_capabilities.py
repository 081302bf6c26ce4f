"""The CapabilityStatement is true: it is valid R4, and every interaction, operation and search parameter it claims answers."""

from urllib.parse import quote

import pytest

from benchside.fhir import read
from tests.wire.fhir_api.conftest import Api, Json, json_of

# A value of each kind of search parameter that is well formed for any of them (https://hl7.org/fhir/R4/search.html#ptypes).
VALUES = {
    "number": "gt1",
    "date": "ge2020-01-01",
    "string": "x",
    "token": "x",
    "quantity": "gt1|http://unitsofmeasure.org|mg",
    "uri": "http://example.org/x",
}
SPECIAL = {"near": "42.3|-71.1|10|km", "_text": "x", "_content": "x", "_list": "x", "_query": "x", "_filter": "x"}


@pytest.fixture
def statement(sqlite_api: Api) -> Json:
    """The statement, read without sign-in."""
    return Api(None).get("/metadata") if sqlite_api.token else {}


def test_the_statement_is_a_valid_resource(sqlite_api: Api) -> None:
    answer = Api(None).call("GET", "/metadata")
    assert answer["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert sqlite_api.token
    read(answer.content, "CapabilityStatement")
    said = json_of(answer)
    assert (said["fhirVersion"], said["kind"], said["format"]) == (
        "4.0.1",
        "instance",
        ["json", "application/fhir+json", "xml", "application/fhir+xml"],
    )
    (rest,) = said["rest"]
    assert len(rest["resource"]) == 146
    assert {row["code"] for row in rest["interaction"]} == {"transaction", "batch", "search-system", "history-system"}
    assert "rest" not in Api(None).get("/metadata?_summary=true")["rest"][0]


# How each interaction that FHIR names is called; what must not come back is "there is no such thing here".
CALLS = {
    "read": ("GET", "/{}/1", None),
    "vread": ("GET", "/{}/1/_history/1", None),
    "update": ("PUT", "/{}/1", {}),
    "patch": ("PATCH", "/{}/1", {}),
    "delete": ("DELETE", "/{}/nobody", None),
    "history-instance": ("GET", "/{}/1/_history", None),
    "history-type": ("GET", "/{}/_history", None),
    "create": ("POST", "/{}", {}),
    "search-type": ("GET", "/{}", None),
    "history-system": ("GET", "/_history", None),
    "search-system": ("GET", "/?_lastUpdated=ge2020-01-01", None),
    "transaction": ("POST", "/", {"resourceType": "Bundle", "type": "transaction"}),
    "batch": ("POST", "/", {"resourceType": "Bundle", "type": "batch"}),
}


def test_every_interaction_it_claims_is_there(sqlite_api: Api, statement: Json) -> None:
    (rest,) = statement["rest"]
    claimed = [("", row["code"]) for row in rest["interaction"]]
    claimed += [(resource["type"], row["code"]) for resource in rest["resource"] for row in resource["interaction"]]
    for name, code in claimed:
        method, place, body = CALLS[code]
        answer = sqlite_api.call(method, place.format(name), body)
        # An empty body is refused for what it lacks, a resource that is not there for that: both prove the interaction.
        assert answer.status_code in {200, 204, 400, 404}, (name, code, answer.status_code)
        assert b'"not-supported"' not in answer.content, (name, code, answer.content)
    assert len(claimed) > 146 * 9


def test_every_operation_it_claims_is_there(sqlite_api: Api, statement: Json) -> None:
    (rest,) = statement["rest"]
    claimed = [("", row["name"]) for row in rest["operation"]]
    claimed += [(resource["type"], row["name"]) for resource in rest["resource"] for row in resource.get("operation", [])]
    for name, operation in claimed:
        places = [f"/{name}/${operation}", f"/{name}/1/${operation}"] if name else [f"/${operation}"]
        answers = [sqlite_api.call("GET", place, prefer="respond-async") for place in places]
        assert any(b'"not-supported"' not in answer.content for answer in answers), (name, operation)
    assert {operation for _, operation in claimed} >= {"validate", "everything", "export"}


def value_for(kind: str, name: str, parameter: str) -> str:
    """A well-formed value of a search parameter."""
    if kind == "reference":
        return "http://example.org/fhir/Basic/1"
    if kind == "special":
        return SPECIAL[parameter]
    return VALUES.get(kind, "x")


@pytest.mark.slow
def test_every_search_parameter_it_claims_answers(sqlite_api: Api, statement: Json) -> None:
    (rest,) = statement["rest"]
    claimed, failed = 0, list[tuple[str, str, str, int]]()
    for resource in rest["resource"]:
        kinds = {row["name"]: row["type"] for row in resource["searchParam"]}
        for parameter, kind in kinds.items():
            value = _composite(resource["type"], parameter) if kind == "composite" else value_for(kind, resource["type"], parameter)
            answer = sqlite_api.call("GET", f"/{resource['type']}?{parameter}={quote(value)}")
            if answer.status_code != 200:
                failed.append((resource["type"], parameter, value, answer.status_code))
            claimed += 1
    assert failed == []
    assert claimed > 1400 + 146 * 6  # R4's own definitions: 1,400 and some, and those of every resource


def _composite(name: str, parameter: str) -> str:
    from benchside.fhir.search.parameters import parameters

    parts = [value_for(part.kind, name, part.code) for part in parameters(name)[parameter].components]
    return "$".join([*(part.removeprefix("gt") for part in parts[:-1]), parts[-1]])  # only the last part may be a comparison


def test_every_include_it_claims_answers(sqlite_api: Api, statement: Json) -> None:
    (rest,) = statement["rest"]
    for resource in rest["resource"]:
        for clause, names in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            for chosen in resource.get(names, [])[:3]:
                answer = sqlite_api.call("GET", f"/{resource['type']}?{clause}={chosen}")
                assert answer.status_code == 200, (resource["type"], clause, chosen, answer.content[:300])
