"""Load the record that `benchmarks/screens.py` measures: a year of a busy clinic, or its first days; run under one engine's environment.

`python -m benchmarks.screens_data ORDERS PATIENTS DAYS` migrates, puts the demo's house and staff in by a commit, and everything else by
the record's own rows: versions, current rows and the rows of every view as `record/views.py` makes them, with indexes built at the end.
The search index is left out: no screen searches by it. Prints what the measuring needs as one line of JSON.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

SEED = 7
TESTS = {
    "BMP": ("SODIUM", "POTASSIUM", "CHLORIDE", "CO2", "GLUCOSE", "BUN", "CREATININE", "CALCIUM"),
    "CBC": ("WBC", "HGB", "HCT", "PLT"),
    "LIPID": ("CHOL", "TRIG", "HDL"),
}
"""What is ordered; five results an order on the average."""

ORDERERS = 40
ACCOUNTS = ("tomas", "lena", "hugo", "clara")


class Loader:
    """Collects rows of every table and puts them in, many at a time; indexes of views come last."""

    def __init__(self, record: Any) -> None:
        from benchside.record.views import View

        self.record, self.engine = record, record.engine
        self.views = [view for view in record.policy.views.views if isinstance(view, View)]
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.columns: dict[str, tuple[str, ...]] = {view.table: ("resource", *view.columns) for view in self.views}
        head = self.engine.rows("SELECT number, resource_key, version_key FROM record_head")[0]
        self.number, self.key, self.version_key = int(head[0]) + 1, int(head[1]), int(head[2])
        self.patients: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        self._definitions = self._index_names()

    def _index_names(self) -> list[tuple[str, str]]:
        tables = [view.table for view in self.views]
        marks = ",".join("?" * len(tables))
        if self.engine.postgresql:
            return [
                (row[0], row[1])
                for row in self.engine.rows(f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({marks})", tables)  # noqa: S608 - marks
            ]
        sql = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})"  # noqa: S608 - marks
        return [(row[0], row[1]) for row in self.engine.rows(sql, tables)]

    def drop_indexes(self) -> None:
        """Take the views' indexes away while rows come in."""
        for name, _ in self._definitions:
            self.engine.run(f"DROP INDEX {name}")

    def make_indexes(self) -> None:
        """Build the views' indexes as they were."""
        for _, definition in self._definitions:
            self.engine.run(definition)

    def add(self, resource: Any, at: datetime) -> None:
        """One resource as its first version."""
        from benchside.fhir import r4, write
        from benchside.record.keys import NO_TIME, instant, microseconds, word

        kind, own = type(resource).resourceType, str(resource.id)
        self.key += 1
        self.version_key += 1
        recorded = microseconds(at)
        resource.meta = r4.Meta(versionId="1", lastUpdated=instant(recorded))
        if kind == "Patient":
            self.patients[own] = self.key
        subject = getattr(resource, "subject", None) or getattr(resource, "for_", None)
        patient = self.patients.get((subject.reference or "").partition("/")[2], 0) if subject is not None else 0
        current = (self.key, word(f"{kind}/{own}"), kind, own, 1, self.version_key, recorded, 0, patient, NO_TIME, NO_TIME)
        self.rows.setdefault("record_resource", []).append(current)
        version = (self.version_key, self.key, 1, kind, self.number, recorded, "POST", write(resource))
        self.rows.setdefault("record_version", []).append(version)
        for view in self.views:
            if kind in view.resource_types:
                self.rows.setdefault(view.table, []).extend((self.key, *row) for row in view.rows(resource))
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def flush(self) -> None:
        """Put the rows in."""
        from benchside.record.commit import _RESOURCE_COLUMNS, _VERSION_COLUMNS

        self.columns |= {"record_resource": tuple(_RESOURCE_COLUMNS), "record_version": tuple(_VERSION_COLUMNS)}
        for table, rows in self.rows.items():
            names = ", ".join(self.columns[table])
            if self.engine.postgresql:
                with self.engine.connection.connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                marks = ", ".join("?" * len(self.columns[table]))
                self.engine.run_many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - our own names
        self.rows = {}

    def finish(self) -> None:
        """Numbers of the head, one commit that stands for all of it."""
        self.engine.run(
            "INSERT INTO record_commit (number, recorded, author, device, on_behalf_of, act, reason, hash) "
            "SELECT number + 1, recorded + 1, 'urn:benchside:benchmark', '', '', 'benchmark.load', '', hash FROM record_head"
        )
        self.engine.run("UPDATE record_head SET number = number + 1, resource_key = ?, version_key = ?", (self.key, self.version_key))


class Clinic:
    """The orders of the clinic, one requisition of two orders after the other, in order of time."""

    def __init__(self, patients: int, days: int, orders: int, now: datetime) -> None:
        self.random = Random(SEED)  # repeatable on purpose
        self.patients, self.days, self.orders, self.now = patients, days, orders, now
        self.accession = 0

    def people(self) -> Iterator[Any]:
        """The patients, and clinicians who order."""
        from benchside.demo.patients import FAMILY, GIVEN
        from benchside.fhir import r4
        from benchside.readiness.gathering.kept import RECORD_NUMBER

        for number in range(ORDERERS):
            yield r4.Practitioner(id=f"bench-d{number}", active=True, name=[r4.HumanName(family=f"Orderer {number}", given=["Dr."])])
        for number in range(self.patients):
            gender = "female" if number % 2 else "male"
            born = self.now.date() - timedelta(days=7000 + (number * 37) % 24000)
            yield r4.Patient(
                id=f"bench-p{number}",
                active=True,
                identifier=[r4.Identifier(system=RECORD_NUMBER, value=f"B{number + 1:07d}")],
                name=[r4.HumanName(use="official", family=self.random.choice(FAMILY), given=[self.random.choice(GIVEN[gender])])],
                gender=gender,
                birthDate=born.isoformat(),
                telecom=[r4.ContactPoint(system="phone", value=f"555-{number:07d}")],
            )

    def requisitions(self) -> Iterator[tuple[datetime, list[Any]]]:
        """Two orders each, evenly over the days; those of the last hours are still on their way."""
        count = self.orders // 2
        for number in range(count):
            at = self.now - timedelta(days=self.days) * (count - number) / count
            yield at, list(self._requisition(number, at))

    def _requisition(self, number: int, at: datetime) -> Iterator[Any]:
        from benchside.fhir import r4
        from benchside.readiness.gathering.kept import REQUISITION, concept, date_time, reference
        from benchside.readiness.gathering.tasks import end, new_task

        random = self.random
        patient = f"bench-p{int(self.patients * random.random() ** 2)}"  # some come often, most seldom
        priority = random.choices(("stat", "urgent", "routine"), (12, 20, 68))[0]
        codes = random.sample(tuple(TESTS), k=2)
        orderer, requisition, location = f"Practitioner/bench-d{number % ORDERERS}", f"R{at:%y}-{number:07d}", f"demo-exam-{1 + number % 3}"
        steps = [
            at + timedelta(minutes=minutes)
            for minutes in (random.uniform(5, 60), random.uniform(62, 80), random.uniform(90, 200), random.uniform(210, 900))
        ]
        collected, received, resulted, acknowledged = steps
        orders = {code: f"bench-o{number}-{code.lower()}" for code in codes}
        for code, own in orders.items():
            yield r4.ServiceRequest(
                id=own, status="completed" if resulted <= self.now else "active", intent="order", priority=priority, code=_order_code(code),
                subject=reference(f"Patient/{patient}"), requester=reference(orderer), authoredOn=date_time(at),
                requisition=r4.Identifier(system=REQUISITION, value=requisition), locationReference=[reference(f"Location/{location}")],
            )  # fmt: skip

        def task(kind: str, own: str, begun: datetime, done: datetime, due_min: int, **more: Any) -> Any:
            found = new_task(
                kind, begun, requester=orderer, patient=patient, priority=priority, location=location, requisition=requisition,
                due=begun + timedelta(minutes=due_min), **more,
            )  # fmt: skip
            found.id = own
            if done <= self.now:
                end(found, done)
            return found

        yield task(
            "collect",
            f"bench-w{number}-c",
            at,
            collected,
            60,
            orders=list(orders.values()),
            owner="Practitioner/demo-tomas" if collected <= self.now else "",
        )
        self.accession += 1
        if collected > self.now:
            return
        specimen = _specimen(
            f"bench-s{number}", f"{at:%y}-{self.accession:07d}", patient, list(orders.values()), codes, f"bench-w{number}-c"
        )
        specimen.collection = r4.SpecimenCollection(collector=reference("Practitioner/demo-tomas"), collectedDateTime=date_time(collected))
        specimen.receivedTime = date_time(received) if received <= self.now else None
        if number % 40 == 0:
            specimen.condition = [concept("https://benchside.org/fhir/CodeSystem/reason", "HEMOLYZED")]
        yield specimen
        yield task("receive", f"bench-w{number}-r", collected, received, 60, orders=list(orders.values()))
        if received > self.now:
            return
        for code, own in orders.items():
            yield from self._report(code, own, number, patient, orderer, steps, task)
        del acknowledged

    def _report(self, code: str, own: str, number: int, patient: str, orderer: str, steps: list[datetime], task: Any) -> Iterator[Any]:
        from benchside.fhir import r4
        from benchside.readiness.gathering.kept import date_time, reference

        collected, _received, resulted, acknowledged = steps
        done = resulted <= self.now
        results = [f"{own}-{name.lower()}" for name in TESTS[code]] if done else []
        if done:
            for name, result in zip(TESTS[code], results, strict=True):
                yield _observation(result, name, patient, own, f"bench-s{number}", collected, resulted, self.random)
        yield r4.DiagnosticReport(
            id=f"{own}-d", status="final" if done else "registered", code=_order_code(code), subject=reference(f"Patient/{patient}"),
            basedOn=[reference(f"ServiceRequest/{own}")], effectiveDateTime=date_time(collected), issued=date_time(resulted) if done else None,
            specimen=[reference(f"Specimen/bench-s{number}")], result=[reference(f"Observation/{result}") for result in results] or None,
        )  # fmt: skip
        if done:
            yield task(
                "review-result", f"{own}-v", resulted, acknowledged, 480, orders=[own], owner=orderer, focus=f"DiagnosticReport/{own}-d"
            )


def _order_code(code: str) -> Any:
    from benchside.demo.history import order_code

    return order_code(code)


def _specimen(own: str, accession: str, patient: str, orders: list[str], codes: list[str], work: str) -> Any:
    from benchside.areas.laboratory.acts.tubes_kept import labelled_tube
    from benchside.areas.laboratory.tubes import package_tubes
    from benchside.demo.history import tubes_for

    made = labelled_tube(tubes_for(tuple(codes))[0], package_tubes(), accession=accession, patient=patient, orders=orders, work=work)
    made.id, made.status = own, "available"
    return made


def _observation(
    own: str, name: str, patient: str, order: str, specimen: str, collected: datetime, issued: datetime, random: Random
) -> Any:
    from benchside.areas.laboratory.acts.results_kept import LABORATORY, code_of_analyte
    from benchside.areas.laboratory.catalogue import package_catalogue
    from benchside.fhir import r4
    from benchside.readiness.gathering.kept import INTERPRETATION, UCUM, concept, date_time, reference

    analyte = package_catalogue().analyte(name)
    found = analyte.ranges[-1] if analyte.ranges else None
    low = float(found.low if found is not None and found.low is not None else 1)
    high = float(found.high if found is not None and found.high is not None else low * 2)
    drawn = random.uniform(low * 0.9, high * 1.1)
    value = Decimal(f"{drawn:.{analyte.decimals or 0}f}")
    return r4.Observation(
        id=own, status="final", category=[LABORATORY], code=code_of_analyte(analyte), subject=reference(f"Patient/{patient}"),
        basedOn=[reference(f"ServiceRequest/{order}")], specimen=reference(f"Specimen/{specimen}"), effectiveDateTime=date_time(collected),
        issued=date_time(issued), performer=[reference("Practitioner/demo-hugo")],
        valueQuantity=r4.Quantity(value=value, unit=analyte.unit, system=UCUM, code=analyte.unit),
        interpretation=[concept(INTERPRETATION, "L" if drawn < low else "H" if drawn > high else "N")],
    )  # fmt: skip


def load(orders: int, patients: int, days: int) -> dict[str, Any]:
    """Put everything in; give the counts and the addresses that the screens are asked with."""
    from benchside.accounts.models import Person
    from benchside.areas.laboratory.views.turnaround import sum_up_days
    from benchside.demo.house import house
    from benchside.demo.staff import BY_NAME, people
    from benchside.record import Attribution
    from benchside.record.joined import JoinedView
    from benchside.record.site import site_record

    began, record, now = time.monotonic(), site_record(), datetime.now(UTC)
    with record.commit(Attribution("urn:benchside:benchmark", "benchmark.load"), at=now - timedelta(days=days + 1)) as commit:
        for resource in (*house(now - timedelta(hours=1)), *people(now.date())):
            commit.create(resource, id=resource.id)
    loader, clinic = Loader(record), Clinic(patients, days, orders, now)
    with record.serialised():
        loader.drop_indexes()
        for resource in clinic.people():
            loader.add(resource, now - timedelta(days=days))
        loader.flush()
        for number, (at, made) in enumerate(clinic.requisitions(), start=1):
            for resource in made:
                loader.add(resource, at)
            if number % 2000 == 0:
                loader.flush()
        loader.flush()
        loader.make_indexes()
        loader.finish()
    for view in record.policy.views.views:
        if isinstance(view, JoinedView):
            with record.serialised():
                view.rebuild(record.engine)
    record.engine.run("ANALYZE")
    while sum_up_days(record, now):
        pass
    for name in ACCOUNTS:
        worker = BY_NAME[name]
        reference = "Practitioner/bench-d0" if name == "clara" else f"Practitioner/{worker.practitioner}"
        Person.objects.add(name, worker.name, roles=[worker.role], reference=reference, password=None)
    return {"counts": loader.counts, "seconds": time.monotonic() - began, **_addresses(record, patients)}


def _addresses(record: Any, patients: int) -> dict[str, Any]:
    rows = record.engine.rows(
        "SELECT order_id FROM report_row WHERE open = 1 AND status = 'registered' ORDER BY effective_us DESC LIMIT 50"
    )
    known = record.engine.rows(
        "SELECT DISTINCT patient FROM order_row WHERE patient > ? ORDER BY patient LIMIT 60", (f"bench-p{patients // 3}",)
    )
    return {"orders": [row[0] for row in rows], "patients": [row[0] for row in known]}


def main() -> None:
    """Migrate, load, say where things are."""
    import django

    django.setup()
    from benchside.site.upkeep import migrate

    migrate()
    orders, patients, days = (int(text) for text in sys.argv[1:4])
    sys.stdout.write("\n" + msgspec.json.encode(load(orders, patients, days)).decode() + "\n")


if __name__ == "__main__":
    main()
