"""batch and transaction."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest

from tests.wire.fhir_api.conftest import Api, Json, issues, observation, patient

ANA = "urn:uuid:11111111-1111-4111-8111-111111111111"
PULSE = "urn:uuid:22222222-2222-4222-8222-222222222222"
MRN = "identifier=urn:benchside:test:mrn|100"


def entry(method: str, url: str, resource: Json | None = None, *, full_url: str | None = None, **request: str) -> Json:
    """An entry of a batch or transaction."""
    made: Json = {"request": {"method": method, "url": url, **request}}
    if full_url is not None:
        made["fullUrl"] = full_url
    if resource is not None:
        made["resource"] = resource
    return made


def bundle(*entries: Json, kind: str = "transaction") -> Json:
    """A batch or transaction."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def place_of(answered: Json) -> str:
    """`Type/id` of an answered entry."""
    return answered["response"]["location"].removeprefix("http://testserver/fhir/").partition("/_history")[0]


def statuses(answered: Json) -> list[str]:
    """The status codes of the entries."""
    return [one["response"]["status"][:3] for one in answered["entry"]]


def test_entries_refer_to_each_other(api: Api) -> None:
    pulse = observation("x", subject={"reference": ANA})
    answered = api.json(
        "POST", "/", bundle(entry("POST", "Observation", pulse, full_url=PULSE), entry("POST", "Patient", patient(), full_url=ANA))
    )
    assert answered["type"] == "transaction-response"
    assert statuses(answered) == ["201", "201"]
    first, second = answered["entry"]
    assert first["response"]["etag"] == 'W/"1"'
    kept = api.get(f"/{place_of(first)}")
    assert kept["subject"]["reference"] == place_of(second)
    assert api.get(f"/Observation?patient={place_of(second)}")["total"] == 1


def test_one_wrong_entry_and_nothing_is_written(api: Api) -> None:
    wrong = bundle(entry("POST", "Patient", patient(), full_url=ANA), entry("POST", "Observation", observation("nobody"), full_url=PULSE))
    outcome = api.json("POST", "/", wrong, expect=422)
    assert "Patient/nobody" in issues(outcome)[0][1]
    assert api.get("/_history")["total"] == 0


def test_faults_carry_the_place_in_the_bundle(sqlite_api: Api) -> None:
    wrong = bundle(entry("POST", "Patient", patient()), entry("POST", "Patient", patient(gender="x")))
    outcome = sqlite_api.json("POST", "/", wrong, expect=400)
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]


@pytest.mark.parametrize(
    ("one", "path"),
    [
        (entry("POST", "Patient"), "Bundle.entry[0].resource"),
        (entry("POST", "Patient/1", patient()), "Bundle.entry[0].request.url"),
        (entry("POST", "Patent", patient()), "Bundle.entry[0].request.url"),
        (entry("POST", "Observation", patient()), "Bundle.entry[0].resource"),
        (entry("PUT", "Patient", patient()), "Bundle.entry[0].request.url"),
        (entry("PUT", "Patient/1", patient(id="2")), "Bundle.entry[0].resource.id"),
        (entry("DELETE", "Patient"), "Bundle.entry[0].request.url"),
        (entry("DELETE", "Patient/1", patient()), "Bundle.entry[0].resource"),
        (entry("POST", "Observation", observation("x", subject={"reference": ANA})), "Bundle.entry[0].resource.subject.reference"),
        (
            entry("POST", "Observation", observation("x", subject={"reference": "Patient?identifier=urn:x|9"})),
            "Bundle.entry[0].resource.subject.reference",
        ),
    ],
)
def test_an_entry_that_can_not_be_done_is_named(sqlite_api: Api, one: Json, path: str) -> None:
    outcome = sqlite_api.json("POST", "/", bundle(one), expect=400)
    assert path in [place for issue in outcome["issue"] for place in issue.get("expression", [])]


def test_the_same_resource_twice_is_refused(sqlite_api: Api) -> None:
    sqlite_api.put(patient(id="ana"), expect=201)
    twice = bundle(entry("PUT", "Patient/ana", patient(id="ana")), entry("DELETE", "Patient/ana"))
    outcome = sqlite_api.json("POST", "/", twice, expect=400)
    assert issues(outcome)[0][0] == "duplicate"


def test_entries_are_done_in_the_order_of_the_standard(api: Api) -> None:
    api.put(patient(id="old"), expect=201)
    api.put(patient(id="ana"), expect=201)
    answered = api.json(
        "POST",
        "/",
        bundle(
            entry("GET", "Patient?_summary=count&family=Silva"),
            entry("GET", "Patient/ana"),
            entry("PUT", "Patient/ana", patient(id="ana", active=True)),
            entry("POST", "Patient", patient(), full_url=ANA),
            entry("DELETE", "Patient/old"),
        ),
    )
    assert statuses(answered) == ["200", "200", "200", "201", "204"]
    assert answered["entry"][0]["resource"]["total"] == 2
    assert answered["entry"][1]["resource"]["active"] is True
    assert "resource" not in answered["entry"][2]


def test_a_read_that_fails_undoes_the_writes(api: Api) -> None:
    outcome = api.json("POST", "/", bundle(entry("POST", "Patient", patient(), full_url=ANA), entry("GET", "Patient/nobody")), expect=404)
    assert "Patient/nobody" in issues(outcome)[0][1]
    assert api.get("/_history")["total"] == 0


def test_conditional_references_and_creates(api: Api) -> None:
    kept = api.create(patient())
    answered = api.json(
        "POST",
        "/",
        bundle(
            entry("POST", "Patient", patient(), full_url=ANA, ifNoneExist=MRN),
            entry("POST", "Observation", observation("x", subject={"reference": ANA}), full_url=PULSE),
            entry("POST", "Observation", observation("x", subject={"reference": f"Patient?{MRN}"})),
        ),
    )
    assert statuses(answered) == ["200", "201", "201"]
    assert place_of(answered["entry"][0]) == f"Patient/{kept['id']}"
    assert api.get(f"/Observation?patient={kept['id']}")["total"] == 2


def test_conditional_updates_deletes_and_versions(api: Api) -> None:
    api.put(patient(id="ana"), expect=201)
    changes = bundle(entry("PUT", f"Patient?{MRN}", patient(active=True), full_url=ANA, ifMatch='W/"1"'))
    assert statuses(api.json("POST", "/", changes)) == ["200"]
    outcome = api.json("POST", "/", changes, expect=412)
    assert issues(outcome)[0][0] == "conflict"
    assert statuses(api.json("POST", "/", bundle(entry("DELETE", f"Patient?{MRN}"), entry("DELETE", "Patient/nobody")))) == ["204", "204"]
    api.get("/Patient/ana", expect=410)


def test_patches_in_bundles(api: Api) -> None:
    api.put(patient(id="ana"), expect=201)
    operations = msgspec.json.encode([{"op": "add", "path": "/active", "value": True}])
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": b64encode(operations).decode()}
    for version, kind in ((2, "transaction"), (3, "batch")):
        answered = api.json("POST", "/", bundle(entry("PATCH", "Patient/ana", binary), kind=kind))
        assert statuses(answered) == ["200"]
        assert answered["entry"][0]["response"]["etag"] == f'W/"{version}"'
    assert api.get("/Patient/ana")["active"] is True


def test_addresses_and_narratives_follow_too(api: Api) -> None:
    picture = "urn:uuid:33333333-3333-4333-8333-333333333333"
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": picture},
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{picture}">the picture</a></div>'},
        "content": [{"attachment": {"url": picture, "contentType": "image/png"}}],
    }
    binary = {"resourceType": "Binary", "contentType": "image/png", "data": "iVBORw0KGgo="}
    answered = api.json(
        "POST", "/", bundle(entry("POST", "Binary", binary, full_url=picture), entry("POST", "DocumentReference", document))
    )
    there = place_of(answered["entry"][0])
    kept = api.get(f"/{place_of(answered['entry'][1])}")
    assert kept["content"][0]["attachment"]["url"] == there
    assert f'href="{there}"' in kept["text"]["div"]
    assert kept["masterIdentifier"]["value"] == picture  # an identifier names the document itself, wherever it is kept


def test_a_bundle_from_another_server_keeps_its_links(api: Api) -> None:
    base = "http://elsewhere.example/fhir"
    pulse = observation("x", subject={"reference": "Patient/7"})
    versioned = observation("x", subject={"reference": f"{base}/Patient/7/_history/3"})
    answered = api.json(
        "POST",
        "/",
        bundle(
            entry("POST", "Patient", patient(id="7"), full_url=f"{base}/Patient/7"),
            entry("POST", "Observation", pulse, full_url=f"{base}/Observation/1"),
            entry("POST", "Observation", versioned, full_url=f"{base}/Observation/2"),
        ),
    )
    there = place_of(answered["entry"][0])
    assert there != "Patient/7"
    assert api.get(f"/Observation?patient={there}")["total"] == 2


def test_a_client_may_want_the_resources_back(api: Api) -> None:
    answered = api.json("POST", "/", bundle(entry("POST", "Patient", patient())), prefer="return=representation")
    assert answered["entry"][0]["resource"]["name"] == [{"family": "Silva", "given": ["Ana"]}]


def test_each_entry_of_a_batch_stands_alone(api: Api) -> None:
    answered = api.json(
        "POST",
        "/",
        bundle(
            entry("POST", "Patient", patient(gender="x")),
            entry("POST", "Patient", patient(), ifNoneExist=MRN),
            entry("GET", f"Patient?{MRN}"),
            entry("GET", "Patient/nobody"),
            entry("POST", "Observation", observation("nobody")),
            entry("GET", "metadata"),
            kind="batch",
        ),
    )
    assert answered["type"] == "batch-response"
    assert statuses(answered) == ["400", "201", "200", "404", "422", "200"]
    first = answered["entry"][0]["response"]["outcome"]
    assert first["issue"][0]["expression"] == ["Patient.gender"]
    assert answered["entry"][2]["resource"]["total"] == 1
    assert answered["entry"][5]["resource"]["resourceType"] == "CapabilityStatement"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resourceType": "Bundle", "type": "collection", "entry": []}, 400),
        ({"resourceType": "Patient"}, 400),
        ({"resourceType": "Bundle"}, 400),
        ("nothing", 400),
        ({"resourceType": "Bundle", "type": "batch"}, 200),
        ({"resourceType": "Bundle", "type": "transaction"}, 200),
    ],
)
def test_what_is_sent_to_the_base_must_be_a_batch_or_transaction(sqlite_api: Api, body: Any, status: int) -> None:
    sqlite_api.json("POST", "/", body, expect=status)


def test_a_bundle_has_a_limit(sqlite_api: Api, settings: Any) -> None:
    settings.BENCHSIDE_FHIR_LIMITS = {"bundle_entries_max": 2}
    outcome = sqlite_api.json("POST", "/", bundle(*[entry("POST", "Patient", patient())] * 3), expect=413)
    assert issues(outcome)[0][0] == "too-long"
