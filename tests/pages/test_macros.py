"""What the macros write: nothing blank, nothing unescaped, digits as they are, every way of being wrong an error."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import jinja2
import pytest

from benchside.pages.environment import TEMPLATES, standalone
from benchside.pages.shapes import FieldError, Form, Patient, Person, Reason, Result, Tube

Render = Callable[..., str]
NOW = datetime(2026, 5, 3, 14, 5, tzinfo=UTC)
RESULTS = '{% import "pages/components/results.html" as results %}'
BADGES = '{% import "pages/components/badges.html" as badges %}'
FORMS = '{% import "pages/components/forms.html" as forms %}'
MESSAGES = '{% import "pages/components/messages.html" as messages %}'
PATIENT = '{% import "pages/components/patient.html" as patients %}'
SPECIMEN = '{% import "pages/components/specimen.html" as specimen %}'


def form(**more: object) -> Form:
    """Make a form with what the test is about."""
    return Form(name="t", action="/t", idempotency_key="k" * 22, **more)  # type: ignore[arg-type] # fields of Form, given by the tests


def test_a_misspelt_name_raises(render: Render) -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("K {{ potasium }} mmol/L", potassium="4.1")


def test_a_misspelt_field_of_a_result_raises(render: Render) -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("{{ result.valu }}", result=Result(name="K", value=Decimal(4), unit="mmol/L"))


def test_every_template_compiles() -> None:
    environment = standalone()
    names = [str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")]
    assert len(names) > 20
    for name in names:
        environment.get_template(name)


def test_what_people_typed_is_escaped(render: Render) -> None:
    page = render(FORMS + '{{ forms.text_field(form, "note", "Note") }}', form=form(values={"note": '"><script>alert(1)</script>'}))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("digits", ["4.10", "0.60", "138", "1000000", "0.0000001", "1E+2"])
def test_results_keep_their_digits(digits: str, render: Render) -> None:
    value = Decimal(digits)
    page = render(RESULTS + "{{ results.value(result) }}", result=Result(name="x", value=value, unit="mmol/L"))
    shown = {"1E+2": "100"}.get(digits, digits)
    assert f">{shown}</bdi>" in page
    if digits != "1E+2":
        assert "E" not in shown


def test_a_result_that_was_not_measured_is_said_in_words(render: Render) -> None:
    assert "not measured" in render(RESULTS + "{{ results.value(result) }}", result=Result(name="x", value=None, unit="mmol/L"))


def test_no_range_is_said_and_nothing_suggests_normal(render: Render) -> None:
    result = Result(name="x", value=Decimal(4), unit="mmol/L")
    assert "no range" in render(RESULTS + "{{ results.range_words(result) }}", result=result)
    assert render(RESULTS + "{{ results.range_bar(result) }}", result=result).strip() == ""
    assert "not judged" in render(RESULTS + "{{ results.flag_badge(result.flag) }}", result=result)


@pytest.mark.parametrize(
    ("low", "high", "words"), [("3.5", "5.1", "3.5 – 5.1"), ("60", None, "≥ 60"), (None, "0.40", "≤ 0.40"), (None, None, "no range")]
)
def test_ranges(low: str | None, high: str | None, words: str, render: Render) -> None:
    result = Result(
        name="x", value=None, unit=None, low=None if low is None else Decimal(low), high=None if high is None else Decimal(high)
    )
    assert words in render(RESULTS + "{{ results.range_words(result) }}", result=result)


@pytest.mark.parametrize("macro", ['badges.status("finnal")', 'badges.priority("soon")'])
def test_a_code_without_words_raises(macro: str, render: Render) -> None:
    with pytest.raises(jinja2.UndefinedError):
        render(BADGES + "{{ " + macro + " }}")


def test_an_unknown_icon_or_cap_raises(render: Render) -> None:
    with pytest.raises(KeyError):
        render('{{ icon("unicorn") }}')
    with pytest.raises(KeyError):
        render(SPECIMEN + "{{ specimen.tube_picture(tube) }}", tube=Tube(cap="turquoise", additive="", volume_ml=None))


def test_a_patient_without_identifiers_is_told_in_words(render: Render) -> None:
    patient = Patient(reference="Patient/1", name="DOE", birth_date=None, mrn=None, sex=None)
    page = render(PATIENT + "{{ patients.patient_line(patient, now) }}", patient=patient, now=NOW)
    assert "birth date not known" in page
    assert "no record number" in page


def test_allergies_not_asked_is_not_no_allergies(render: Render) -> None:
    from benchside.pages.shapes import Page

    page = Page(title="t", site="s", csrf_token="c", path="/", now=NOW)
    asked = Patient(reference="Patient/1", name="DOE", birth_date="1990", mrn="1", sex="female", allergies=())
    header = PATIENT + "{{ patients.patient_header(page, patient) }}"
    assert "No known allergies" in render(header, page=page, patient=asked)
    unasked = Patient(reference="Patient/1", name="DOE", birth_date="1990", mrn="1", sex="female")
    shown = render(header, page=page, patient=unasked)
    assert "Allergies: not asked" in shown
    assert "No known allergies" not in shown


def test_hint_and_error_are_tied_to_the_field(render: Render) -> None:
    wrong = form(errors=(FieldError(field="mrn", message="One digit too few."),))
    page = render(FORMS + '{{ forms.text_field(form, "mrn", "Record number", hint="On the wristband") }}', form=wrong)
    assert 'aria-describedby="f-mrn-hint f-mrn-error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="f-mrn-error"' in page


def test_passwords_are_never_drawn_again(render: Render) -> None:
    page = render(FORMS + '{{ forms.password_field(form, "password", "Password") }}', form=form(values={"password": "hunter2"}))
    assert "hunter2" not in page


def test_an_override_is_offered_only_when_every_reason_allows_it(render: Render) -> None:
    panel = MESSAGES + '{{ messages.refusal_panel(reasons, override_opens="d") }}'
    may = Reason(code="a.b", words="A.", remedy="Do a.", overridable=True)
    must = Reason(code="c.d", words="C.", remedy="Do c.")
    assert "Emergency override" in render(panel, reasons=(may,))
    page = render(panel, reasons=(may, must))
    assert "Emergency override" not in page
    assert all(words in page for words in ("A.", "Do a.", "C.", "Do c.", "2 reasons"))


def test_a_time_without_zone_raises(render: Render) -> None:
    with pytest.raises(ValueError, match="zone"):
        render("{{ at|moment }}", at=datetime(2026, 5, 3))  # noqa: DTZ001 # the naive time is the fault under test


def test_spanish_is_spoken(render: Render) -> None:
    page = render(BADGES + '{{ badges.status("rejected") }} {{ badges.age("1961-02-14", now) }} {{ now|day }}', language="es", now=NOW)
    assert "Rechazada" in page
    assert "65 años" in page
    assert "3 may 2026" in page


def test_the_timer_is_drawn_with_both_clocks(render: Render) -> None:
    page = render(BADGES + "{{ badges.timer(due, now) }}", due=NOW - timedelta(minutes=67), now=NOW)
    assert "overdue" in page
    assert "1 h 07 min" in page
    assert 'data-now="2026-05-03T14:05:00+00:00"' in page


@pytest.mark.parametrize(
    ("name", "initials"), [("GARCÍA LÓPEZ, María Elena", "GE"), ("Madonna", "M"), ("", "?"), ("李 小龙", "李小"), ("(unknown)", "?")]
)
def test_initials(name: str, initials: str) -> None:
    assert Person(reference="Practitioner/1", name=name, role="").initials == initials
