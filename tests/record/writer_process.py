"""A process that writes to the record, for tests that run many or kill one. Not collected as a test.

python -m tests.record.writer_process increment ROUNDS     raise a counter on one Patient, with If-Match
python -m tests.record.writer_process create-once          create a Patient unless its identifier is there
python -m tests.record.writer_process bundles              write commits of BUNDLE resources until killed
"""

import sys
from datetime import UTC, datetime
from itertools import count

BUNDLE = 20


def main() -> None:
    """Do what the command line says, on the database of BENCHSIDE_DATABASE_URL."""
    import django

    django.setup()
    {"increment": increment, "create-once": create_once, "bundles": bundles}[sys.argv[1]]()


def increment() -> None:
    """Read, add one, write back on the version read; again when somebody was faster."""
    from benchside.fhir import read
    from benchside.record import Attribution, Record, VersionConflict

    record = Record()
    for _ in range(int(sys.argv[2])):
        while True:
            stored = record.read("Patient", "counter")
            patient = read(stored.content)
            patient.multipleBirthInteger += 1
            try:
                with record.commit(Attribution("Device/test", "test.increment"), at=datetime.now(UTC)) as commit:
                    commit.update(patient, if_match=stored.version)
            except VersionConflict:
                continue
            break


def create_once() -> None:
    """What a conditional create does: look and write under one lock."""
    from benchside.fhir import r4
    from benchside.fhir.search.criteria import Clause, Search, TokenValue
    from benchside.record import Attribution, Record

    record = Record()
    same = Search(("Patient",), (Clause("Patient", "identifier", None, (TokenValue("urn:mrn", "77"),)),))
    with record.serialised():
        if record.count(same) == 0:
            patient = r4.Patient(identifier=[r4.Identifier(system="urn:mrn", value="77")])
            with record.commit(Attribution("Device/test", "test.create"), at=datetime.now(UTC)) as commit:
                commit.create(patient)


def bundles() -> None:
    """Write commits of BUNDLE resources each until killed; says so after the first."""
    from benchside.fhir import r4
    from benchside.record import Attribution, Record

    record = Record()
    for number in count():
        with record.commit(Attribution("Device/test", "test.bundle"), at=datetime.now(UTC)) as commit:
            for place in range(BUNDLE):
                commit.create(r4.Patient(name=[r4.HumanName(family=f"Number {number} of {place}")]))
        if number == 0:
            sys.stdout.write("writing\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
