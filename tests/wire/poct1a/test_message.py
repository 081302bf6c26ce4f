"""What devices say, told apart by role: captures, and messages in the standard's form."""

import os
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from benchside.wire.poct1a.message import device_of, moment_of, read_message, results_of

CAPTURES = Path(os.environ.get("BENCHSIDE_DATA", "../shared/data")) / "messages" / "poct1a"
captured = pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no captured messages at {CAPTURES}")


def observed(parent: str, kind: str = "OBS.R01", role: str = "") -> str:
    said = f'<SVC.role_cd V="{role}"/>' if role else ""
    observation = '<OBS><OBS.observation_id V="GLU"/><OBS.value V="5.4" U="mmol/L"/></OBS>'
    raw = f'<{kind}><HDR><HDR.control_id V="7"/></HDR><SVC>{said}<{parent}>{observation}</{parent}></SVC></{kind}>'
    (found,) = results_of(read_message(raw.encode()))
    return found.role


@pytest.mark.parametrize(
    ("parent", "kind", "role", "expected"),
    [
        ("PT", "OBS.R01", "OBS", "patient"),
        ("PT", "OBS.R01", "", "patient"),
        ("CTC", "OBS.R02", "", "control"),
        ("CTC", "OBS.R02", "LQC", "control"),
        ("CTC", "OBS.R02", "EQC", "control"),
        ("CTC", "OBS.R02", "CAL", "calibration"),
        ("PT", "OBS.R01", "PRF", "proficiency"),
        ("PT", "OBS.R01", "LQC", "control"),
        ("CTC", "OBS.R02", "OBS", "control"),
        ("PT", "OBS.R02", "OBS", "unknown"),
        ("PT", "OBS.R02", "", "unknown"),
        ("PT", "OBS.R01", "XYZ", "unknown"),
    ],
)
def test_a_result_is_a_patients_only_when_nothing_contradicts(parent: str, kind: str, role: str, expected: str) -> None:
    assert observed(parent, kind, role) == expected


@pytest.mark.parametrize(
    ("text", "known"), [("2026-09-29T12:00:00+03:00", True), ("2026-09-29T12:00:00", False), ("soon", False), ("", False)]
)
def test_a_time_without_its_offset_is_no_moment(text: str, known: bool) -> None:
    assert (moment_of(text) is not None) == known


@captured
def test_hello() -> None:
    message = read_message(next(CAPTURES.rglob("hel_r01.xml")).read_bytes())
    assert (message.kind, message.control_id) == ("HEL.R01", "1")
    device = device_of(message)
    assert (device.device_id, device.vendor_id, device.model_id, device.serial_id, device.software_version) == (
        "D1",
        "ACME",
        "G1",
        "S9",
        "2.1",
    )


@captured
def test_an_acknowledgement_of_a_device() -> None:
    message = read_message(next(CAPTURES.rglob("ack_r01_error.xml")).read_bytes())
    assert [message.of("ACK", f"ACK.{name}") for name in ("type_cd", "ack_control_id", "note_txt")] == ["AE", "9", "bad"]


@captured
def test_observations() -> None:
    message = read_message(next(CAPTURES.rglob("obs_r01_with_entities_and_note.xml")).read_bytes())
    assert (message.kind, message.control_id) == ("OBS.R01", "1002")
    (found,) = results_of(message)
    assert (found.role, found.patient_id, found.test_code, found.code_system) == ("patient", "P-001", "GLU", "LOCAL")
    assert (found.value_text, found.number, found.unit, found.unit_as_sent) == ("5.4", Decimal("5.4"), "mmol/L", "mmol/L")
    assert found.measured_at == datetime(2026, 9, 29, 11, 58, tzinfo=timezone(timedelta(hours=3)))
    assert found.notes == ("a & b < c", "Free <text>")
