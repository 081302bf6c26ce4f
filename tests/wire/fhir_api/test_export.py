"""Bulk Data export: asking, polling, files, limits, and a worker that dies in the middle."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchside.wire.fhir_api.export import tasks, work
from benchside.wire.fhir_api.models import ExportFile, ExportJob
from tests.wire.fhir_api.conftest import Api, Json, issues, observation, patient, system_token

ASYNC = {"prefer": "respond-async", "accept": "application/fhir+json"}


def kick_off(api: Api, place: str) -> str:
    """Start an export; the address to poll, below the base."""
    answer = api.call("GET", place, **ASYNC)
    assert answer.status_code == 202, answer.content
    return answer["Content-Location"].removeprefix("http://testserver/fhir")


def finish() -> None:
    """Be the worker until nothing is left to do."""
    while waiting := work.waiting(tasks.now()):
        for job_id in waiting:
            tasks.work_on_export.func(job_id)


def lines(api: Api, manifest: Json, kind: str) -> list[Json]:
    """The resources of one type in the files of an export."""
    found: list[Json] = []
    for output in manifest["output"]:
        if output["type"] == kind:
            answer = api.call("GET", output["url"].removeprefix("http://testserver/fhir"), accept="application/fhir+ndjson")
            assert answer.status_code == 200
            assert answer["Content-Type"] == "application/fhir+ndjson"
            sent = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a StreamingHttpResponse
            assert answer["Content-Length"] == str(len(sent))
            rows = [msgspec.json.decode(line) for line in sent.splitlines()]
            assert len(rows) == output["count"]
            found += rows
    return found


@pytest.fixture
def clinic(api: Api) -> dict[str, str]:
    """Three patients with two heart rates each; two of them in a group."""
    found: dict[str, str] = {}
    for name in ("ana", "rui", "eva"):
        found[name] = api.put(patient(id=name), expect=201)["id"]
        for beats in (60, 70):
            api.create(observation(name, beats))
    members = [{"entity": {"reference": f"Patient/{name}"}} for name in ("ana", "rui")]
    members.append({"entity": {"reference": "Patient/eva"}, "inactive": True})  # type: ignore[dict-item]  # JSON of several kinds
    found["group"] = api.create({"resourceType": "Group", "type": "person", "actual": True, "member": members})["id"]
    return found


def test_a_system_export_from_asking_to_files(api: Api, clinic: dict[str, str]) -> None:
    place = kick_off(api, "/$export?_type=Patient,Observation,Group")
    waiting = api.call("GET", place)
    assert waiting.status_code == 202
    assert waiting["X-Progress"]
    assert waiting["Retry-After"].isdigit()
    finish()
    manifest = api.get(place)
    assert manifest["requiresAccessToken"] is True
    assert manifest["request"] == "http://testserver/fhir/$export?_type=Patient,Observation,Group"
    assert datetime.fromisoformat(manifest["transactionTime"]) <= datetime.now(UTC)
    assert {one["id"] for one in lines(api, manifest, "Patient")} == {"ana", "rui", "eva"}
    assert len(lines(api, manifest, "Observation")) == 6
    assert lines(api, manifest, "Group")[0]["id"] == clinic["group"]
    assert manifest["error"] == []
    file = manifest["output"][0]["url"].removeprefix("http://testserver/fhir")
    Api(None).get(file, expect=401)


def test_a_group_export_has_its_members_and_the_types_asked_for(api: Api, clinic: dict[str, str]) -> None:
    place = kick_off(api, f"/Group/{clinic['group']}/$export?_type=Observation")
    finish()
    manifest = api.get(place)
    assert {output["type"] for output in manifest["output"]} == {"Observation"}
    assert {one["subject"]["reference"] for one in lines(api, manifest, "Observation")} == {"Patient/ana", "Patient/rui"}


def test_a_patient_export_has_all_patients_and_no_more(api: Api, clinic: dict[str, str], settings: Any) -> None:
    settings.BENCHSIDE_FHIR_LIMITS = {"export_chunk_resources": 2}
    api.create({"resourceType": "Organization", "name": "Ward 3"})
    place = kick_off(api, "/Patient/$export")
    finish()
    manifest = api.get(place)
    assert {output["type"] for output in manifest["output"]} == {"Patient", "Observation", "Group"}
    assert {one["id"] for one in lines(api, manifest, "Patient")} == {"ana", "rui", "eva"}
    observed = [one["id"] for one in lines(api, manifest, "Observation")]
    assert len(observed) == len(set(observed)) == 6
    assert clinic["group"]


def test_an_export_shows_the_moment_it_was_asked_for(api: Api, clinic: dict[str, str]) -> None:
    place = kick_off(api, "/$export?_type=Patient")
    api.put(patient(id="ana", active=True))
    api.put(patient(id="late"), expect=201)
    finish()
    exported = lines(api, api.get(place), "Patient")
    assert {one["id"] for one in exported} == {"ana", "rui", "eva"}
    assert not any("active" in one for one in exported)
    since = datetime.fromisoformat(api.get(place)["transactionTime"]).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    later = kick_off(api, f"/$export?_type=Patient&_since={since}")
    finish()
    assert {one["id"] for one in lines(api, api.get(later), "Patient")} == {"ana", "late"}
    assert clinic["group"]


def test_a_type_filter_narrows_its_type_alone(api: Api, clinic: dict[str, str]) -> None:
    where = "Observation?value-quantity=70,Observation?subject=Patient/ana"
    for start in ("/$export?_type=Patient,Observation", "/Patient/$export?_type=Patient,Observation", f"/Group/{clinic['group']}/$export?"):
        place = kick_off(api, f"{start}&_typeFilter={where.replace('?', '%3F')}")
        finish()
        manifest = api.get(place)
        own = {"ana", "rui"} if "Group" in start else {"ana", "rui", "eva"}
        assert {one["id"] for one in lines(api, manifest, "Patient")} == own
        found = [(one["subject"]["reference"], one["valueQuantity"]["value"]) for one in lines(api, manifest, "Observation")]
        assert sorted(found) == [("Patient/ana", 60), *((f"Patient/{name}", 70) for name in sorted(own))]


@pytest.mark.parametrize(
    "wanted",
    ["Observation%3Fno-such=1", "Observation", "Group%3Ftype=person", "Observation%3F_sort=date", "Observation%3F_content=words"],
)
def test_a_type_filter_that_can_not_be_applied_is_refused(api: Api, wanted: str) -> None:
    assert api.call("GET", f"/$export?_type=Observation&_typeFilter={wanted}", **ASYNC).status_code == 400


def test_what_was_deleted_since_is_told(api: Api, clinic: dict[str, str]) -> None:
    """The file of deletions: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status."""
    del clinic
    gone = api.create(observation("ana", 99))["id"]
    early = api.create(observation("ana", 98))["id"]
    api.call("DELETE", f"/Observation/{early}")
    since = api.get(f"/Observation/{gone}")["meta"]["lastUpdated"]
    api.call("DELETE", f"/Observation/{gone}")
    for start in ("/$export", "/Patient/$export"):
        place = kick_off(api, f"{start}?_type=Observation&_since={since}")
        finish()
        manifest = api.get(place)
        assert [row["type"] for row in manifest["deleted"]] == ["Bundle"]
        answer = api.call("GET", manifest["deleted"][0]["url"].removeprefix("http://testserver/fhir"), accept="application/fhir+ndjson")
        bundle = msgspec.json.decode(b"".join(answer.streaming_content))  # type: ignore[attr-defined]  # a StreamingHttpResponse
        assert bundle["type"] == "transaction"
        told = [entry["request"] for entry in bundle["entry"]]
        assert {"method": "DELETE", "url": f"Observation/{gone}"} in told
        assert {request["url"] for request in told} <= {f"Observation/{gone}", f"Observation/{early}"}
    without = kick_off(api, "/$export?_type=Observation")
    finish()
    assert "deleted" not in api.get(without)
    none = kick_off(api, "/$export?_type=Group&_since=2020-01-01T00:00:00Z")
    finish()
    assert api.get(none)["deleted"] == []


@pytest.mark.parametrize("point", ["before the files are synced", "before the place is committed", "within a line"])
def test_a_worker_that_dies_is_followed_by_another(
    api: Api, clinic: dict[str, str], settings: Any, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    settings.BENCHSIDE_FHIR_LIMITS = {"export_chunk_resources": 1}
    place = kick_off(api, "/$export?_type=Observation,Patient")
    job_id = place.rpartition("/")[2]
    for _ in range(4):
        job = work.take(job_id, tasks.now())
        assert job is not None
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            _die(patched, point, after_chunks=1)
            work.work(job, clock=tasks.now, until=tasks.now() + timedelta(minutes=1))
        assert work.take(job_id, tasks.now()) is None  # still leased to the dead
        ExportJob.objects.update(lease_until=tasks.now() - timedelta(seconds=1))
    assert tasks.resume_exports() == 1
    finish()
    manifest = api.get(place)
    ids = [one["id"] for kind in ("Observation", "Patient") for one in lines(api, manifest, kind)]
    assert len(ids) == len(set(ids)) == 9
    assert clinic["group"]


def _die(patched: pytest.MonkeyPatch, point: str, *, after_chunks: int) -> None:
    """Make the worker stop dead at `point` of the chunk after `after_chunks`."""
    target = "_append" if point == "before the files are synced" else "_commit"
    whole = getattr(work, target)
    done = 0

    def dying(job: ExportJob, *arguments: Any, **more: Any) -> Any:
        nonlocal done
        done += 1
        if done <= after_chunks:
            return whole(job, *arguments, **more)
        if point == "within a line":
            file: ExportFile = arguments[0][0] if arguments[0] else job.files.first()
            path = work.file_path(file)
            path.write_bytes(path.read_bytes()[:-7])
        raise KeyboardInterrupt

    patched.setattr(work, target, dying)


def test_two_workers_do_not_take_the_same_job(api: Api) -> None:
    job_id = kick_off(api, "/$export?_type=Patient").rpartition("/")[2]
    now = tasks.now()
    first = work.take(job_id, now)
    assert first is not None
    assert work.take(job_id, now) is None
    second = work.take(job_id, now + work.LEASE + timedelta(seconds=1))
    assert second is not None
    with pytest.raises(work.LeaseLost):
        work.work(first, clock=tasks.now, until=tasks.now() + timedelta(minutes=1))


def test_cancelling_removes_the_files(api: Api, clinic: dict[str, str]) -> None:
    place = kick_off(api, "/$export?_type=Patient")
    finish()
    folder: Path = work.folder_of(place.rpartition("/")[2])
    assert list(folder.iterdir())
    assert api.call("DELETE", place).status_code == 202
    assert not folder.exists()
    api.get(place, expect=404)
    assert clinic["group"]


def test_files_are_kept_for_a_while_only(api: Api, clinic: dict[str, str]) -> None:
    place = kick_off(api, "/$export?_type=Patient")
    finish()
    assert work.remove_expired(tasks.now()) == 0
    assert work.remove_expired(tasks.now() + timedelta(hours=49)) == 1
    api.get(place, expect=404)
    assert clinic["group"]


def test_an_export_belongs_to_who_asked_for_it(api: Api) -> None:
    place = kick_off(api, "/$export?_type=Patient")
    other = Api(system_token("system.export", name="other"))
    other.get(place, expect=404)
    assert other.call("DELETE", place).status_code == 404
    narrow = Api(system_token("system.export", scopes=["system/Patient.rs"], name="narrow"))
    narrow.call("GET", "/$export?_type=Observation", **ASYNC)
    assert narrow.last is not None
    assert narrow.last.status_code == 403


@pytest.mark.parametrize(
    ("place", "headers", "status"),
    [
        ("/$export", {}, 400),
        ("/$export?_outputFormat=text/csv", ASYNC, 400),
        ("/$export?_type=Nothing", ASYNC, 400),
        ("/Patient/$export?_type=Organization", ASYNC, 400),
        ("/$export?_since=yesterday", ASYNC, 400),
        ("/$export?colour=green", ASYNC, 400),
        ("/Group/nobody/$export", ASYNC, 404),
        ("/$export?_outputFormat=application/fhir%2Bndjson&_type=Patient", ASYNC, 202),
        ("/$export?_outputFormat=application/fhir+ndjson&_type=Patient", ASYNC, 202),
    ],
)
def test_what_can_not_be_exported_is_said(sqlite_api: Api, place: str, headers: dict[str, str], status: int) -> None:
    answer = sqlite_api.call("GET", place, **headers)
    assert answer.status_code == status, answer.content


def test_exports_have_a_limit(sqlite_api: Api, settings: Any) -> None:
    settings.BENCHSIDE_FHIR_LIMITS = {"export_jobs_max": 1}
    kick_off(sqlite_api, "/$export?_type=Patient")
    outcome = sqlite_api.get("/$export?_type=Patient", expect=429, **ASYNC)
    assert issues(outcome)[0][0] == "throttled"


def test_a_job_that_fails_says_so_without_patient_data(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    place = kick_off(sqlite_api, "/$export?_type=Patient")

    def breaks(*_: object) -> None:
        raise OSError("disk full beside Ana Silva")

    monkeypatch.setattr(work, "next_chunk", breaks)
    finish()
    outcome = sqlite_api.get(place, expect=500)
    assert "Silva" not in issues(outcome)[0][1]
    assert "incident" in issues(outcome)[0][1]
