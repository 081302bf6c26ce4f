"""SMART v2 scope strings. Examples marked with a star are those of the SMART App Launch 2.2 page on scopes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.accounts.principal import Principal
from benchside.accounts.scopes import UnknownScope, narrowed, parse_scope, permits, reach


def holder(*scopes: str, patient: str | None = None) -> Principal:
    return Principal("person", 1, "Somebody", "", (), frozenset(scopes), patient)


@pytest.mark.parametrize(
    ("text", "context", "resource_type", "letters"),
    [
        ("patient/Observation.rs", "patient", "Observation", "rs"),  # *
        ("user/Observation.rs", "user", "Observation", "rs"),
        ("system/*.cruds", "system", "*", "cruds"),  # *
        ("user/*.cruds", "user", "*", "cruds"),  # *
        ("patient/*.rs", "patient", "*", "rs"),  # *
        ("user/Encounter.cu", "user", "Encounter", "cu"),
    ],
)
def test_a_scope_is_read(text: str, context: str, resource_type: str, letters: str) -> None:
    scope = parse_scope(text)
    assert (scope.context, scope.resource_type, scope.letters) == (context, resource_type, letters)
    assert str(scope) == text


@pytest.mark.parametrize(
    "text",
    [
        "user/Observation.sr",  # * letters in another order are invalid
        "user/Observation.",
        "user/Observation",
        "user/observation.r",
        "user/Observatio.r",
        "users/Observation.r",
        "Observation.r",
        "user/Observation.rr",
        "user/Observation.x",
        "user/**.r",
        " user/Observation.r",
        "user/Observation.r\n",
        "",
        "openid",
        # * a scope for part of a type: refused rather than granted for the whole
        "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
    ],
)
def test_what_is_not_a_scope_is_refused(text: str) -> None:
    with pytest.raises(UnknownScope):
        parse_scope(text)


def test_every_type_covers_each_type() -> None:
    who = holder("user/*.rs")
    assert permits(who, "Observation", "r")
    assert permits(who, "Patient", "s")
    assert not permits(who, "Patient", "c")


def test_the_wider_of_two_scopes_counts() -> None:
    who = holder("patient/*.rs", "user/Observation.r", patient="7")
    assert reach(who, "Observation", "r") == "all"
    assert reach(who, "Observation", "s") == "patient"


@pytest.mark.parametrize(
    ("owned", "wished", "kept"),
    [
        ({"user/*.cruds"}, ["user/Observation.rs"], {"user/Observation.r", "user/Observation.s"}),
        ({"user/Observation.rs"}, ["user/*.cruds"], {"user/Observation.r", "user/Observation.s"}),
        ({"user/Observation.rs"}, ["user/Patient.rs"], set()),
        ({"user/Observation.rs"}, ["patient/Observation.r"], {"patient/Observation.r"}),
        ({"patient/Observation.rs"}, ["user/Observation.r"], {"patient/Observation.r"}),
        ({"user/Observation.rs"}, [], set()),
    ],
    ids=["to-one-type", "wish-for-more", "wish-for-other", "to-one-patient", "not-beyond-the-patient", "nothing-wished"],
)
def test_a_token_takes_away_and_never_adds(owned: set[str], wished: list[str], kept: set[str]) -> None:
    assert narrowed(frozenset(owned), wished) == kept


scope_texts = st.builds(
    lambda context, kind, letters: f"{context}/{kind}.{letters}",
    st.sampled_from(["patient", "user", "system"]),
    st.sampled_from(["*", "Observation", "Patient", "Task"]),
    st.lists(st.sampled_from("cruds"), min_size=1, unique=True).map(lambda found: "".join(sorted(found, key="cruds".index))),
)


@given(st.frozensets(scope_texts, max_size=5), st.lists(scope_texts, max_size=5))
def test_narrowing_never_reaches_further_than_either_side(owned: frozenset[str], wished: list[str]) -> None:
    far = {"none": 0, "patient": 1, "all": 2}
    kept = narrowed(owned, wished)
    for kind in ("Observation", "Patient", "Task", "Device"):
        for letter in "cruds":
            reached = far[reach(holder(*kept, patient="7"), kind, letter)]
            assert reached == min(
                far[reach(holder(*owned, patient="7"), kind, letter)], far[reach(holder(*wished, patient="7"), kind, letter)]
            )
