"""Which role may do what with which kind of data: the whole matrix, written here apart from roles.yaml.

The rows follow the seeds of the profession: clinicians order, interpret, decide and treat; technicians prepare, collect,
measure, operate and record; the front desk registers; billers code and claim; engineers keep equipment; administrators
set up and see no clinical data. One column for a representative resource of each kind.
"""

import pytest

from benchside.accounts.principal import Principal
from benchside.accounts.roles import role_table, scopes_of
from benchside.accounts.scopes import permits, reach
from benchside.fhir.r4.names import RESOURCE_NAMES

COLUMNS = """
Patient Encounter Slot ServiceRequest Task Specimen Observation DiagnosticReport AllergyIntolerance MedicationRequest
Procedure Communication DocumentReference Consent Group Device SpecimenDefinition Practitioner Location Claim ValueSet
StructureDefinition AuditEvent
""".split()

# A dot is "nothing". In the order of COLUMNS.
MATRIX = """
clinician           rus  crus rs    crus crus crus crus crus crus crus crus crus crus crus rs    rs    rs    rs    rs    .     rs    rs    .
technician.junior   rs   rus  rs    rs   crus crus crus rs   rs   rs   crus crus crs  rs   .     rs    rs    rs    rs    .     rs    rs    .
technician          rs   rus  rs    rus  crus crus crus crus rs   rs   crus crus crus crs  .     rs    rs    rs    rs    .     rs    rs    .
technician.senior   rs   rus  rs    rus  crus crus crus crus rs   rs   crus crus crus crs  .     crus  rus   rs    rs    .     rs    rs    .
technician.lead     rs   rus  crus  rus  crus crus crus crus rs   rs   crus crus crus crs  rs    crus  crus  rus   rs    .     rs    rs    rs
front-desk          crus crus crus  rs   .    .    .    .    .    .    .    crs  .    crus .     .     rs    rs    rs    crus  rs    rs    .
biller              rs   rs   .     rs   .    .    .    .    rs   .    rs   .    .    .    .     .     rs    rs    rs    crus  rs    rs    .
biomedical-engineer .    .    .     .    .    .    .    .    .    .    .    .    .    .    .     crus  rs    rs    rs    .     rs    rs    .
administrator       .    .    cruds .    .    .    .    .    .    .    .    .    .    .    .     .     cruds cruds cruds .     cruds cruds rs
patient             rs   rs   .     rs   .    rs   rs   rs   rs   rs   rs   rs   rs   rs   .     .     .     .     .     rs    .     .     .
system.interface    crus crus rs    crus crus crus crus crus crus crus crus crus crus crus .     crus  rs    crus  crus  crus  rs    rs    .
system.export       rs   rs   rs    rs   rs   rs   rs   rs   rs   rs   rs   rs   rs   rs   rs    rs    rs    rs    rs    rs    rs    rs    rs
system.migration    cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds cruds
"""
EXPECTED = {row.split()[0]: dict(zip(COLUMNS, row.split()[1:], strict=True)) for row in MATRIX.strip().splitlines()}

# What holds patients' clinical data, from the R4 patient compartment, less what registration and billing work with.
CLINICAL = """
Observation DiagnosticReport Specimen Condition AllergyIntolerance Procedure MedicationRequest MedicationStatement
MedicationAdministration MedicationDispense Immunization FamilyMemberHistory ClinicalImpression DocumentReference
Composition QuestionnaireResponse CarePlan Goal ImagingStudy Media Flag Communication RiskAssessment DetectedIssue
NutritionOrder DeviceRequest ServiceRequest Encounter Consent AdverseEvent BodyStructure List Task Patient
""".split()


def principal(role: str, patient: str | None = None) -> Principal:
    return Principal("person", 1, "Somebody", "Practitioner/1", (role,), scopes_of((role,)), patient)


def test_the_matrix_has_every_role() -> None:
    assert set(EXPECTED) == set(role_table().roles)


@pytest.mark.parametrize("resource_type", COLUMNS)
@pytest.mark.parametrize("role", sorted(EXPECTED))
def test_role_reaches_what_the_matrix_says(role: str, resource_type: str) -> None:
    who = principal(role, patient="7" if role == "patient" else None)
    found = "".join(letter for letter in "cruds" if permits(who, resource_type, letter))
    assert (found or ".") == EXPECTED[role][resource_type]


@pytest.mark.parametrize("role", ["administrator", "biomedical-engineer"])
def test_those_who_set_up_see_no_clinical_data(role: str) -> None:
    who = principal(role)
    seen = [(resource_type, letter) for resource_type in CLINICAL for letter in "cruds" if permits(who, resource_type, letter)]
    assert seen == []


def test_no_person_deletes_clinical_data() -> None:
    """Wrong entries are marked `entered-in-error`; only a migration, which is a system, takes resources away."""
    people = [role for role, described in role_table().roles.items() if described.context != "system"]
    assert people
    deleting = [(role, kind) for role in people for kind in CLINICAL if permits(principal(role, "7"), kind, "d")]
    assert deleting == []


def test_nobody_but_a_migration_writes_the_audit_trail() -> None:
    writing = {
        role
        for role in EXPECTED
        for kind in ("AuditEvent", "Provenance")
        for letter in "cud"
        if permits(principal(role, "7"), kind, letter)
    }
    assert writing == {"system.migration"}


def test_a_patient_reaches_only_their_own_data() -> None:
    own = principal("patient", patient="7")
    assert {reach(own, kind, "r") for kind in ("Observation", "Patient", "Claim")} == {"patient"}


def test_a_patient_account_that_nobody_linked_reaches_nothing() -> None:
    assert reach(principal("patient"), "Observation", "r") == "none"


def test_every_group_names_r4_resources_and_no_resource_twice() -> None:
    named = [kind for kinds in role_table().groups.values() for kind in kinds]
    assert sorted(named) == sorted(set(named))
    assert set(named) <= RESOURCE_NAMES


def test_an_unknown_type_or_letter_is_nothing() -> None:
    who = principal("clinician")
    assert not permits(who, "Nonsense", "r")
    assert not permits(who, "Observation", "x")


def test_no_roles_reach_nothing() -> None:
    nobody = Principal("person", 1, "Nobody", "", (), scopes_of(()))
    assert not any(permits(nobody, kind, letter) for kind in RESOURCE_NAMES for letter in "cruds")
