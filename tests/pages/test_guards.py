"""The hidden fields of a form: sent twice is done once, drawn for one patient is no other's, drafts are one person's."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.pages import drafts, idempotency, patient_check
from benchside.pages.idempotency import Conflict, Fresh, Outcome, Replay

fields = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6)


def test_keys_are_random_and_of_one_form() -> None:
    keys = {idempotency.new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(idempotency.checked_key(key) == key for key in keys)


@pytest.mark.parametrize("text", [None, "", "short", "x" * 23, "x" * 21 + "/", "x" * 21 + "\n"])
def test_other_texts_are_no_keys(text: str | None) -> None:
    with pytest.raises(idempotency.UnusableKey):
        idempotency.checked_key(text)


def test_what_to_do_with_a_form() -> None:
    kept = Outcome(fingerprint="same", location="/orders/1")
    assert idempotency.decide(None, "same") == Fresh()
    assert idempotency.decide(kept, "same") == Replay(kept)
    assert idempotency.decide(kept, "changed") == Conflict(kept)


@given(fields, fields)
def test_two_forms_share_a_fingerprint_only_when_they_say_the_same(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
    guards = {"idempotency_key", "csrfmiddlewaretoken", "patient_check"}
    same = [pair for pair in first if pair[0] not in guards] == [pair for pair in second if pair[0] not in guards]
    assert (idempotency.fingerprint(first) == idempotency.fingerprint(second)) == same


def test_the_fingerprint_leaves_out_what_changes_with_every_drawing() -> None:
    said = [("potassium", "4.1")]
    drawn = [*said, ("csrfmiddlewaretoken", "a"), ("idempotency_key", "b"), ("patient_check", "c")]
    assert idempotency.fingerprint(drawn) == idempotency.fingerprint(said)
    assert idempotency.fingerprint([("a", "bc")]) != idempotency.fingerprint([("ab", "c")])


def test_a_form_belongs_to_one_patient_and_one_person() -> None:
    made = patient_check.token(patient="Patient/1", person="Practitioner/1", site_secret="s")
    assert patient_check.matches(made, patient="Patient/1", person="Practitioner/1", site_secret="s")
    for patient, person, secret in (
        ("Patient/2", "Practitioner/1", "s"), ("Patient/1", "Practitioner/2", "s"), ("Patient/1", "Practitioner/1", "t"),
        ("Patient/1P", "ractitioner/1", "s"),
    ):  # fmt: skip
        assert not patient_check.matches(made, patient=patient, person=person, site_secret=secret)
    assert not patient_check.matches(None, patient="Patient/1", person="Practitioner/1", site_secret="s")
    assert not patient_check.matches("é", patient="Patient/1", person="Practitioner/1", site_secret="s")


def test_the_secret_of_drafts_is_one_persons_and_fits_aes_256() -> None:
    mine = drafts.secret_for("Practitioner/1", site_secret="s")
    assert len(base64.b64decode(mine)) == 32
    assert mine == drafts.secret_for("Practitioner/1", site_secret="s")
    assert mine != drafts.secret_for("Practitioner/2", site_secret="s")


def test_outcomes_live_longer_than_drafts() -> None:
    assert idempotency.KEPT_DAYS * 24 > drafts.KEPT_HOURS


def test_only_a_key_can_finish_a_draft() -> None:
    with pytest.raises(ValueError, match="not an idempotency key"):
        drafts.finish(None, "x; path=/", secure=True)  # type: ignore[arg-type] # it must refuse before it touches the response
