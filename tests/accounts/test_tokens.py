"""Bearer tokens: who is behind one, and when it stops working."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from benchside.accounts.models import Person, System, Token
from benchside.accounts.tokens import TokenRefused, make_token, principal_for, revoke

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def maria(database: str) -> Person:
    assert database
    return Person.objects.add("Maria", "Maria Ortiz", roles=["technician"], reference="Practitioner/17", password=None)


def test_a_token_names_its_person(maria: Person) -> None:
    token = make_token(maria, purpose="script", at=AT)
    who = principal_for(token.text, at=AT)
    assert who is not None
    assert (who.kind, who.reference, who.name, who.roles) == ("person", "Practitioner/17", "Maria Ortiz", ("technician",))
    assert "user/Specimen.crus" in who.scopes
    assert who.author == "Practitioner/17"


@pytest.mark.usefixtures("database")
def test_a_token_names_its_system() -> None:
    gateway = System.objects.create(name="Analyser gateway", reference="Device/3", roles=["system.interface"])
    who = principal_for(make_token(gateway, purpose="results", at=AT).text, at=AT)
    assert who is not None
    assert (who.kind, who.reference, who.patient) == ("system", "Device/3", None)


def test_the_database_never_holds_the_token(maria: Person) -> None:
    token = make_token(maria, purpose="script", at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_token")
        rows = str(cursor.fetchall())
    assert token.text not in rows
    assert token.text.removeprefix("bst_") not in rows


def test_two_tokens_differ(maria: Person) -> None:
    assert make_token(maria, purpose="a", at=AT).text != make_token(maria, purpose="a", at=AT).text


@pytest.mark.parametrize(
    ("after", "works"),
    [(timedelta(0), True), (timedelta(days=30, microseconds=-1), True), (timedelta(days=30), False)],
    ids=["at-once", "just-before-it-ends", "when-it-ends"],
)
def test_a_token_ends(maria: Person, after: timedelta, works: bool) -> None:
    token = make_token(maria, purpose="script", at=AT, days=30)
    assert (principal_for(token.text, at=AT + after) is not None) is works


def test_a_revoked_token_stops_at_once(maria: Person) -> None:
    token = make_token(maria, purpose="script", at=AT)
    assert principal_for(token.text, at=AT) is not None
    assert revoke(maria, AT) == 1
    assert principal_for(token.text, at=AT) is None
    assert revoke(maria, AT) == 0


def test_a_disabled_person_has_no_working_token(maria: Person) -> None:
    token = make_token(maria, purpose="script", at=AT)
    Person.objects.filter(pk=maria.pk).update(is_active=False)
    assert principal_for(token.text, at=AT) is None


@pytest.mark.usefixtures("database")
def test_a_disabled_system_has_no_working_token() -> None:
    gateway = System.objects.create(name="Gateway", roles=["system.interface"])
    token = make_token(gateway, purpose="results", at=AT)
    System.objects.update(is_active=False)
    assert principal_for(token.text, at=AT) is None


@pytest.mark.parametrize("text", ["", "bst_", "bst_unknown", "x" * 5000, "bst_" + "x" * 5000, "bst_\x00", "bst_ä"])
@pytest.mark.usefixtures("sqlite_database")
def test_an_unknown_token_is_nobody(text: str) -> None:
    assert principal_for(text, at=AT) is None


def test_a_role_that_is_gone_grants_nothing(maria: Person) -> None:
    token = make_token(maria, purpose="script", at=AT)
    Person.objects.filter(pk=maria.pk).update(roles=["no-longer-a-role"])
    assert principal_for(token.text, at=AT) is None


def test_a_token_may_be_narrower_than_its_owner(maria: Person) -> None:
    token = make_token(maria, purpose="reader", at=AT, scopes=["user/Observation.r", "user/Claim.r"])
    who = principal_for(token.text, at=AT)
    assert who is not None
    assert who.scopes == {"user/Observation.r"}


@pytest.mark.usefixtures("database")
def test_a_patient_is_their_own_patient() -> None:
    patient = Person.objects.add("ana", "Ana", roles=["patient"], reference="Patient/7", password=None)
    who = principal_for(make_token(patient, purpose="phone", at=AT).text, at=AT)
    assert who is not None
    assert who.patient == "7"


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 367}, {"purpose": " "}, {"scopes": ["user/Observation.sr"]}], ids=str)
@pytest.mark.usefixtures("sqlite_database")
def test_a_wrong_wish_is_refused(wrong: dict[str, object]) -> None:
    maria = Person.objects.add("maria", "Maria", roles=[], password=None)
    with pytest.raises(TokenRefused):
        make_token(maria, **{"purpose": "script", "at": AT, **wrong})  # type: ignore[arg-type]  # wrong on purpose
    assert not Token.objects.exists()


def test_use_is_noted_once_an_hour(maria: Person) -> None:
    token = make_token(maria, purpose="script", at=AT)
    principal_for(token.text, at=AT)
    assert Token.objects.get().last_used == datetime(2026, 3, 2, 9, tzinfo=UTC)
    principal_for(token.text, at=AT + timedelta(minutes=20))
    assert Token.objects.get().last_used == datetime(2026, 3, 2, 9, tzinfo=UTC)
    principal_for(token.text, at=AT + timedelta(minutes=31))
    assert Token.objects.get().last_used == datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.usefixtures("sqlite_database")
def test_noting_the_use_never_waits_for_a_writer() -> None:
    """SQLite has one writer. While an import holds it, a reader must be let in at once."""
    maria = Person.objects.add("maria", "Maria", roles=["technician"], password=None)
    token = make_token(maria, purpose="script", at=AT)
    writing, read = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Person.objects.filter(pk=maria.pk).update(name="Maria O.")
            writing.set()
            read.wait(30)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert writing.wait(30)
    started = datetime.now(UTC)
    who = principal_for(token.text, at=AT)
    took = datetime.now(UTC) - started
    read.set()
    writer.join()
    assert who is not None
    assert took < timedelta(seconds=2), "the busy timeout is 20 s: it must not be waited for"
    assert Token.objects.get().last_used is None
