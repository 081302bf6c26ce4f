"""Many clients at once against a running server of two processes: no lost update, no duplicate, and each answer is true."""

from concurrent.futures import ThreadPoolExecutor

import requests

from tests.clients.conftest import Running

WRITERS = 8
ROUNDS = 5
WITHIN_S = 60


def send(server: Running, method: str, place: str, body: object, **headers: str) -> requests.Response:
    """One request on a connection of its own."""
    content = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/fhir+json"}
    return requests.request(method, f"{server.base}/{place}", json=body, headers={**content, **headers}, timeout=WITHIN_S)


def test_a_conditional_create_by_many_makes_one(server: Running) -> None:
    body = {"resourceType": "Patient", "identifier": [{"system": "urn:benchside:test:mrn", "value": "100"}]}

    def create(_: int) -> requests.Response:
        return send(server, "POST", "Patient", body, **{"If-None-Exist": "identifier=urn:benchside:test:mrn|100"})

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(create, range(WRITERS * 2)))
    assert sorted(answer.status_code for answer in answers) == [200] * (WRITERS * 2 - 1) + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_patches_by_many_are_all_there(server: Running) -> None:
    assert send(server, "PUT", "Patient/ana", {"resourceType": "Patient", "id": "ana", "name": [{"given": ["0"]}]}).status_code == 201

    def patch(writer: int) -> list[int]:
        kind = {"Content-Type": "application/json-patch+json"}
        return [
            send(server, "PATCH", "Patient/ana", [{"op": "add", "path": "/name/0/given/-", "value": f"{writer}.{n}"}], **kind).status_code
            for n in range(ROUNDS)
        ]

    with ThreadPoolExecutor(WRITERS) as pool:
        codes = [code for one in pool.map(patch, range(WRITERS)) for code in one]
    assert codes == [200] * (WRITERS * ROUNDS)
    kept = send(server, "GET", "Patient/ana", None).json()
    assert sorted(kept["name"][0]["given"]) == sorted(["0", *(f"{writer}.{n}" for writer in range(WRITERS) for n in range(ROUNDS))])
    assert kept["meta"]["versionId"] == str(1 + WRITERS * ROUNDS)


def test_of_updates_bound_to_a_version_one_wins_each_round(server: Running) -> None:
    body = {"resourceType": "Patient", "id": "ana"}
    send(server, "PUT", "Patient/ana", body)
    for version in range(1, ROUNDS + 1):

        def update(writer: int, version: int = version) -> int:
            tagged = {**body, "name": [{"family": f"{version}.{writer}"}]}
            return send(server, "PUT", "Patient/ana", tagged, **{"If-Match": f'W/"{version}"'}).status_code

        with ThreadPoolExecutor(WRITERS) as pool:
            codes = sorted(pool.map(update, range(WRITERS)))
        assert codes == [200] + [412] * (WRITERS - 1)
