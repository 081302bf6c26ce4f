"""Making the demo clinic once: its record by ordinary commits, its people with passwords made on the spot."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchside.accounts.models import Person, System
from benchside.accounts.tokens import LIFETIME_DAYS_MAX, make_token
from benchside.demo.patients import PATIENTS, stories
from benchside.demo.staff import ORGANIZATION, STAFF, clinic
from benchside.fhir import r4
from benchside.record import Attribution, NotFound, Record
from benchside.record.site import site_record
from benchside.site.home import write_secret

SEED: Final = 20_260_302
SIGN_INS_FILE: Final = "demo-sign-ins.txt"
SYSTEM_NAME: Final = "Demo program"
PASSWORD_WORDS: Final = 4
WORDS: Final = (
    "acorn", "amber", "basil", "birch", "brook", "cedar", "cliff", "clover", "coral", "crane", "daisy", "delta", "ember", "fern",
    "finch", "flint", "grove", "hazel", "heron", "holly", "island", "ivory", "jade", "juniper", "kelp", "lagoon", "laurel", "lemon",
    "lilac", "linen", "lotus", "maple", "marsh", "meadow", "mint", "moss", "nectar", "oasis", "olive", "onyx", "opal", "orchid",
    "otter", "pebble", "pine", "plum", "poppy", "quartz", "quill", "raven", "reed", "ridge", "river", "robin", "sage", "shell",
    "slate", "spruce", "thyme", "topaz", "tulip", "valley", "walnut", "willow",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoMade:
    """Whether the clinic was made just now, and where its sign-ins are written."""

    now: bool
    sign_ins: Path


class DemoRefused(RuntimeError):
    """The demo clinic cannot be made here; the message says why."""


def make_clinic(home: Path, at: datetime, progress: Callable[[int, int], None] = lambda done, total: None) -> DemoMade:
    """Make the demo clinic unless it is there. An interrupted making is taken up where it stopped.

    Raises DemoRefused on a record that holds other people: demo patients never come among real ones.
    """
    record = site_record()
    sign_ins = home / SIGN_INS_FILE
    if sign_ins.exists() and _there(record, f"demo-p{PATIENTS:03d}"):
        return DemoMade(now=False, sign_ins=sign_ins)
    if not _there(record, ORGANIZATION, "Organization"):
        if Person.objects.exists():
            raise DemoRefused(
                "This site has people of its own already; the demo clinic is only made in an empty one. Use another BENCHSIDE_HOME."
            )
        _commit(record, clinic(), at)
    for done, story in enumerate(stories(SEED, at), start=1):
        if not _there(record, str(story.patient.id)):
            _commit(record, story.resources, at)
        progress(done, PATIENTS)
    if not sign_ins.exists():
        write_secret(sign_ins, _make_people(at))
    return DemoMade(now=True, sign_ins=sign_ins)


def _there(record: Record, id_: str, resource_type: str = "Patient") -> bool:
    try:
        record.read(resource_type, id_)
    except NotFound:
        return False
    return True


def _commit(record: Record, resources: Sequence[r4.AnyResource], at: datetime) -> None:
    """Write resources as one act. Their own times lie on the demo day; the commit says when it really was."""
    attribution = Attribution(author="urn:benchside:command", act="command.demo", reason="Demo clinic: everything in it is invented")
    with record.commit(attribution, at=at) as commit:
        for resource in resources:
            commit.create(resource, id=resource.id)


def _make_people(at: datetime) -> str:
    """Make everybody's sign-in and one program's token; return them as the text to show."""
    Person.objects.filter(username__in=[worker.username for worker in STAFF]).delete()
    System.objects.filter(name=SYSTEM_NAME).delete()
    lines = [f"{'Name':8} {'Password':32} Role"]
    for worker in STAFF:
        password = "-".join(secrets.choice(WORDS) for _ in range(PASSWORD_WORDS))
        reference = f"Practitioner/{worker.practitioner}" if worker.practitioner else ""
        Person.objects.add(worker.username, worker.name, roles=[worker.role], reference=reference, password=password)
        lines.append(f"{worker.username:8} {password:32} {worker.title}")
    program = System.objects.create(name=SYSTEM_NAME, roles=["system.migration"])
    token = make_token(program, purpose="Trying /fhir of the demo clinic", at=at, days=LIFETIME_DAYS_MAX)
    lines += ["", "A program may call /fhir with this bearer token:", token.text, ""]
    return "\n".join(lines)


def now() -> datetime:
    """Return the time, for commands."""
    return datetime.now(UTC)
