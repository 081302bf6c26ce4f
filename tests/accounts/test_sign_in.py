"""Signing in with a password, and the brake on guessing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import ScryptPasswordHasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from benchside.accounts.models import Person, SignInFailure
from benchside.accounts.sign_in import (
    FAILURES_PER_ADDRESS_MAX,
    FAILURES_PER_NAME_MAX,
    WINDOW,
    Throttled,
    check_brake,
    forget_old_failures,
    note_failure,
    note_success,
)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "heron-slate-meadow-plum"

pytestmark = pytest.mark.usefixtures("sqlite_database")


@pytest.fixture
def maria(sqlite_database: str) -> Person:
    assert sqlite_database
    return Person.objects.add("Maria", "Maria Ortiz", roles=["technician"], password=PASSWORD)


@pytest.mark.parametrize("typed", ["Maria", "maria", "MARIA"])
def test_the_name_counts_in_any_case(maria: Person, typed: str) -> None:
    assert authenticate(username=typed, password=PASSWORD) == maria


@pytest.mark.parametrize(("name", "password"), [("Maria", "wrong"), ("Nobody", PASSWORD), ("Maria", ""), ("Maria", "x" * 2000), ("", "")])
@pytest.mark.usefixtures("maria")
def test_anything_else_is_nobody(name: str, password: str) -> None:
    assert authenticate(username=name, password=password) is None


def test_a_disabled_person_cannot_sign_in(maria: Person) -> None:
    Person.objects.filter(pk=maria.pk).update(is_active=False)
    assert authenticate(username="Maria", password=PASSWORD) is None


def test_a_wrong_name_costs_the_work_of_a_wrong_password(maria: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert maria
    hashed: list[str] = []
    monkeypatch.setattr("benchside.accounts.sign_in.make_password", lambda password: hashed.append(password) or make_password(password))
    authenticate(username="Nobody", password="guess")
    assert hashed == ["guess"]


def test_a_name_is_taken_in_any_case(maria: Person) -> None:
    assert maria
    with pytest.raises(ValidationError):
        Person.objects.add("mARIA", "Another", roles=[], password=None)


@pytest.mark.parametrize("name", ["", "-x", "a b", "ä", "x" * 65, "a/b"])
def test_an_unusable_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Person.objects.add(name, "Somebody", roles=[], password=None)


def test_an_unknown_role_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="wizard"):
        Person.objects.add("maria", "Maria", roles=["technician", "wizard"], password=None)


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012", "maria-ortiz", "Maria Ortiz"])
def test_weak_passwords_are_refused(maria: Person, password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, maria)


def test_the_product_hashes_with_scrypt_at_owasp_strength() -> None:
    """OWASP "Password Storage Cheat Sheet": scrypt with N=2^14 (16 MiB), r=8, p=5, among the equal choices."""
    from benchside.site import settings as product

    assert product.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.ScryptPasswordHasher"
    algorithm, work, _, block, parallel, _ = ScryptPasswordHasher().encode("x", "salt").split("$")
    assert (algorithm, int(work), int(block), int(parallel)) == ("scrypt", 2**14, 8, 5)
    assert settings.PASSWORD_HASHERS != product.PASSWORD_HASHERS, "tests use a fast hash, so this looks at the product's own settings"


def fail(times: int, name: str = "maria", address: str | None = "192.0.2.1", at: datetime = AT) -> None:
    for _ in range(times):
        note_failure(name, address, at=at)


def test_below_the_limit_nobody_waits() -> None:
    fail(FAILURES_PER_NAME_MAX - 1)
    check_brake("maria", "192.0.2.1", at=AT)


def test_at_the_limit_the_name_waits_until_the_oldest_failure_is_past() -> None:
    fail(1, at=AT)
    fail(FAILURES_PER_NAME_MAX - 1, at=AT + timedelta(minutes=2))
    with pytest.raises(Throttled) as brake:
        check_brake("Maria ", "198.51.100.7", at=AT + timedelta(minutes=3))
    assert brake.value.until == AT + WINDOW
    check_brake("maria", None, at=AT + WINDOW)


def test_another_name_from_another_address_does_not_wait() -> None:
    fail(FAILURES_PER_NAME_MAX)
    check_brake("omar", "198.51.100.7", at=AT)


def test_an_address_that_tries_many_names_waits() -> None:
    for number in range(FAILURES_PER_ADDRESS_MAX):
        note_failure(f"name{number}", "192.0.2.1", at=AT)
    with pytest.raises(Throttled):
        check_brake("unheard", "192.0.2.1", at=AT)
    check_brake("unheard", "192.0.2.2", at=AT)


def test_success_forgets_the_failures_of_the_name() -> None:
    fail(FAILURES_PER_NAME_MAX)
    note_success("MARIA")
    check_brake("maria", None, at=AT)


def test_a_failure_does_not_keep_what_was_typed() -> None:
    """People type their password into the field for the name."""
    note_failure("my-secret-password", "192.0.2.1", at=AT)
    kept = SignInFailure.objects.values_list().get()
    assert "my-secret-password" not in str(kept)


def test_old_failures_are_forgotten() -> None:
    fail(3, at=AT)
    fail(2, at=AT + timedelta(days=60))
    assert forget_old_failures(AT + timedelta(days=91)) == 3
    assert SignInFailure.objects.count() == 2
