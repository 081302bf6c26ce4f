"""Log lines say what happened and where, never what a patient's record holds."""

import json
import logging
import sys

import pytest

from benchside.site.logs import LineFormatter

SECRET = "Maria Ortiz, potassium 6.9"


def line(record: logging.LogRecord) -> dict[str, object]:
    text = LineFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def record(message: str, *values: object, name: str = "benchside.site", **more: object) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, __file__, 1, message, values, None)
    made.__dict__.update(more)
    return made


def test_a_line_is_json_with_time_level_and_words() -> None:
    said = line(record("took up %d abandoned tasks", 3))
    assert (said["level"], said["from"], said["says"]) == ("error", "benchside.site", "took up 3 abandoned tasks")
    assert str(said["at"]).endswith("+00:00")


def test_an_exception_keeps_type_and_place_but_not_its_words() -> None:
    def faulty() -> None:
        try:
            {}[SECRET]
        except KeyError as inner:
            raise ValueError(SECRET) from inner

    made = record("could not")
    try:
        faulty()
    except ValueError:
        made.exc_info = sys.exc_info()
    said = line(made)
    assert SECRET not in json.dumps(said)
    assert [link["type"] for link in said["exception"]] == ["builtins.ValueError", "builtins.KeyError"]  # type: ignore[attr-defined, index]  # parsed JSON
    assert __file__ in json.dumps(said["exception"])


def test_djangos_lines_keep_their_pattern_without_the_path_of_the_request() -> None:
    said = line(record("Internal Server Error: %s", "/fhir/Patient?name=Ortiz", name="django.request"))
    assert said["says"] == "Internal Server Error: %s"


def test_the_sql_of_statements_is_never_logged() -> None:
    assert logging.getLogger("django.db.backends").getEffectiveLevel() >= logging.WARNING


@pytest.mark.parametrize("field", ["request", "args", "username"])
def test_foreign_fields_stay_out(field: str) -> None:
    assert SECRET not in json.dumps(line(record("said", **{field: SECRET} if field != "args" else {})))
