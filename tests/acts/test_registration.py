"""Correcting who a patient is: the old name stays, the number too, and two who correct at once are told apart."""

from dataclasses import replace
from datetime import date

import pytest

from benchside.areas.reception.acts import NewPatient, as_registered, correct_patient, register_patient
from benchside.fhir import r4
from benchside.readiness.gathering.kept import load
from benchside.readiness.gathering.patient_search import search_patients
from benchside.record import VersionConflict
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import Clinic

CARLA = NewPatient("Nuñes", ("Carla", "Ana"), date(1990, 1, 2), "female", "555 010 9999", "es")


def test_a_corrected_name_still_finds_the_patient_by_the_old_one(clinic: Clinic) -> None:
    registered = register_patient(clinic.by("fred"), CARLA)
    right = replace(CARLA, family="Núñez", birth_date=date(1991, 1, 2), phone="555 010 8888", language="")
    corrected = correct_patient(clinic.by("fred"), registered.patient, right, "typing error", seen_version=1)
    assert corrected == registered
    patient = load(clinic.record, r4.Patient, registered.patient)
    assert as_registered(patient) == right
    assert [(name.use, name.family) for name in patient.name or ()] == [("official", "Núñez"), ("old", "Nuñes")]
    assert [found.id for found in search_patients(clinic.record, "nuñes carla")] == [registered.patient]
    with pytest.raises(VersionConflict):
        correct_patient(clinic.by("fred"), registered.patient, CARLA, "back again", seen_version=1)


def test_a_correction_needs_a_change_and_a_reason(clinic: Clinic) -> None:
    registered = register_patient(clinic.by("fred"), CARLA)
    with pytest.raises(ActRefused) as refused:
        correct_patient(clinic.by("fred"), registered.patient, CARLA, "")
    assert {one.code for one in refused.value.refusals} == {"registration.nothing-changed", "reason.missing"}
    with pytest.raises(ActRefused) as refused:
        correct_patient(clinic.by("tara"), registered.patient, replace(CARLA, gender="x"), "because")
    assert "registration.gender-unknown" in {one.code for one in refused.value.refusals}
