"""Making the demo clinic once: its past by ordinary commits, today's work by acts, its people with passwords made on the spot."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchside.accounts.badges import new_badge_code, set_badge
from benchside.accounts.models import Person, System
from benchside.accounts.pins import PIN_DIGITS, PinUnfit, set_pin
from benchside.accounts.tokens import LIFETIME_DAYS_MAX, make_token
from benchside.demo.history import Numbers, visit_resources, visits, weights
from benchside.demo.house import devices, house
from benchside.demo.incidents import EventfulDay
from benchside.demo.past import past_overrides, past_refusals
from benchside.demo.patients import PATIENTS, Profile, patient_resources, profiles
from benchside.demo.staff import ORGANIZATION, STAFF, people
from benchside.fhir import r4
from benchside.readiness.models import Evidence, OverriddenAct, RefusedAct
from benchside.record import Attribution, NotFound, Record
from benchside.record.site import site_record
from benchside.site.home import write_secret

SEED: Final = 20_260_302
TODAY: Final = timedelta(hours=5, minutes=30)
"""How much of today has been worked through when the clinic opens its doors to whoever tries it."""

RESOURCES_PER_COMMIT: Final = 1000
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
    """Make the demo clinic unless it is there. An interrupted making is taken up where it stopped; an interrupted day is left so.

    Raises DemoRefused on a record that holds other people: demo patients never come among real ones.
    """
    record = site_record()
    sign_ins = home / SIGN_INS_FILE
    if sign_ins.exists() and _there(record, "Patient", f"demo-p{PATIENTS:03d}"):
        return DemoMade(now=False, sign_ins=sign_ins)
    if not _there(record, "Organization", ORGANIZATION) and Person.objects.exists():
        raise DemoRefused(
            "This site has people of its own already; the demo clinic is only made in an empty one. Use another BENCHSIDE_HOME."
        )
    begin = at - TODAY
    everybody = profiles(SEED, begin.date())
    past = list(past_resources(everybody, begin))
    for done in range(0, len(past), RESOURCES_PER_COMMIT):
        part = past[done : done + RESOURCES_PER_COMMIT]
        if not _there(record, type(part[-1]).resourceType, part[-1].id or ""):
            _commit(record, part, begin)
        progress(done + len(part), len(past))
    if not Evidence.objects.exists():
        RefusedAct.objects.bulk_create(past_refusals(SEED, begin))
        OverriddenAct.objects.bulk_create([row for _, row in past_overrides(SEED, begin)], ignore_conflicts=True)
        EventfulDay(record, everybody, SEED, begin, open_ends=True).run(at)
    if not sign_ins.exists():
        write_secret(sign_ins, make_people(at))
    return DemoMade(now=True, sign_ins=sign_ins)


def past_resources(everybody: tuple[Profile, ...], begin: datetime) -> Iterator[r4.AnyResource]:
    """The house, its people, its patients and what was done for them before `begin`."""
    yield from house(begin)
    yield from people(begin.date())
    for profile in everybody:
        yield from patient_resources(profile, begin)
    yield from weights(everybody, begin)
    numbers = Numbers({}, {})
    for visit in visits(everybody, SEED, begin):
        yield from visit_resources(visit, numbers)
    yield from (task for task, _ in past_overrides(SEED, begin))


def play_day(
    begin: datetime,
    seed: int,
    say: Callable[[datetime, str], None],
    pace: Callable[[datetime], None],
    *,
    hours: float,
    until: datetime | None = None,
) -> EventfulDay:
    """Play a day of `hours` from `begin` on in the demo clinic, to its end or to `until`. Raises DemoRefused where there is none."""
    record = site_record()
    if not _there(record, "Patient", f"demo-p{PATIENTS:03d}"):
        raise DemoRefused("There is no demo clinic here. Make it first: benchside demo clinic")
    # Who has something open stands in nobody's way: the day's patients are those without.
    busy = {row[0] for row in record.engine.rows("SELECT DISTINCT patient FROM order_row WHERE status = 'active' LIMIT 1000")}
    with record.commit(_attribution("The morning's controls and calibrations of the demo"), at=begin) as commit:
        for device in devices(begin):
            commit.update(device)
    made_on = record.read("Patient", f"demo-p{PATIENTS:03d}").recorded.date()
    everybody = [profile for profile in profiles(SEED, made_on) if profile.id not in busy]
    day = EventfulDay(record, everybody, seed, begin, hours=hours, say=say)
    day.run(until or begin + timedelta(hours=hours), pace)
    return day


def _there(record: Record, resource_type: str, id_: str) -> bool:
    try:
        record.read(resource_type, id_)
    except NotFound:
        return False
    return True


def _attribution(reason: str) -> Attribution:
    return Attribution(author="urn:benchside:command", act="command.demo", reason=reason)


def _commit(record: Record, resources: Iterable[r4.AnyResource], at: datetime) -> None:
    """Write resources as one act. Their own times lie in the past; the commit says when the demo's today began."""
    with record.commit(_attribution("Demo clinic: everything in it is invented"), at=at) as commit:
        for resource in resources:
            commit.create(resource, id=resource.id)


def make_people(at: datetime) -> str:
    """Make everybody's sign-in, PIN and badge, and one program's token; return them as the text to show."""
    Person.objects.filter(username__in=[worker.username for worker in STAFF]).delete()
    System.objects.filter(name=SYSTEM_NAME).delete()
    lines = [f"{'Name':8} {'Password':32} {'PIN':7} {'Badge':17} Role"]
    for worker in STAFF:
        password = "-".join(secrets.choice(WORDS) for _ in range(PASSWORD_WORDS))
        person = Person.objects.add(
            worker.username, worker.name, roles=[worker.role], reference=f"Practitioner/{worker.practitioner}", password=password
        )
        pin, badge = _new_pin(person), new_badge_code()
        set_badge(person, badge)
        lines.append(
            f"{worker.username:8} {password:32} {pin:7} {badge:17} {worker.title}{' (a sign-off has lapsed)' if worker.lapsed else ''}"
        )
    program = System.objects.create(name=SYSTEM_NAME, roles=["system.migration"])
    token = make_token(program, purpose="Trying /fhir of the demo clinic", at=at, days=LIFETIME_DAYS_MAX)
    lines += ["", "PINs sign acts and unlock screens; on a registered tablet badge and PIN sign in.", ""]
    lines += ["A program may call /fhir with this bearer token:", token.text, ""]
    return "\n".join(lines)


def _new_pin(person: Person) -> str:
    """Give somebody a random PIN that is not one of the first that anybody tries."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        try:
            set_pin(person, pin)
        except PinUnfit:
            continue
        return pin


def now() -> datetime:
    """Return the time, for commands."""
    return datetime.now(UTC)
