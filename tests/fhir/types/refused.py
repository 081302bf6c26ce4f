"""HL7's own R4 examples that break HL7's own rules, each with the first fault found, the rule, and how it is broken.

Everything else among the 5,306 must be read. Key: file; value: path of the fault, the rule, and words.
The rule is the key of an invariant, or "minimum" (ElementDefinition.min), "target" (ElementDefinition.type.targetProfile)
or "id" (the datatype). test_refused.py shows each of them from HL7's definitions, without any code of ours.
"""

_BASE = ("SearchParameter.base", "minimum", "base is 1..*; these 10 generated files have none")
_NARRATIVE = ("text.div", "txt-2", "the narrative is nothing but white space, without an image either")
_BASE_DEFINITION = ("StructureDefinition", "sdf-4", "a logical model that is not abstract has no baseDefinition")
_NO_NAME = ("ImplementationGuide.name", "minimum", "name and status are 1..1; both are missing")


def _narrative(resource_type: str) -> tuple[str, str, str]:
    return (f"{resource_type}.{_NARRATIVE[0]}", *_NARRATIVE[1:])


REFUSED: dict[str, tuple[str, str, str]] = {
    "ActivityDefinition-blood-tubes-supply.json": _narrative("ActivityDefinition"),
    "ActivityDefinition-heart-valve-replacement.json": _narrative("ActivityDefinition"),
    "EventDefinition-example.json": _narrative("EventDefinition"),
    "Questionnaire-zika-virus-exposure-assessment.json": _narrative("Questionnaire"),
    "Bundle-dataelements.json": ("Bundle", "bdl-7", "three entries have the fullUrl .../de-Quantity.value and no versionId"),
    "DeviceMetric-example.json": ("DeviceMetric.parent.reference", "target", "parent is a Device; it refers to a DeviceDefinition"),
    "DeviceUseStatement-example.json": (
        "DeviceUseStatement.reasonReference[0].reference",
        "target",
        "a Procedure is not among the five types allowed",
    ),
    "MedicationRequest-medrx0301.json": (
        "MedicationRequest.dispenseRequest.performer.reference",
        "target",
        "performer is an Organization; it refers to a Practitioner",
    ),
    "Observation-clinical-gender.json": ("Observation.performer[0].reference", "target", "an Encounter cannot perform"),
    "ImplementationGuide-fhir.json": _NO_NAME,
    "ig-r4.json": _NO_NAME,
    "Questionnaire-qs1.json": ("Questionnaire.item[0].item[0].linkId", "minimum", "linkId is 1..1; items are without"),
    "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json": (
        "SearchParameter.id",
        "id",
        "an id has at most 64 characters; this has 67",
    ),
    **{
        f"SearchParameter-{kind}-extensions-{resource}-{name}.json": _BASE
        for kind, resource in (("codesystem", "CodeSystem"), ("valueset", "ValueSet"))
        for name in ("author", "effective", "end", "keyword", "workflow")
    },
    **{f"StructureDefinition-{name}.json": _BASE_DEFINITION for name in ("Definition", "Event", "FiveWs", "Request")},
}
