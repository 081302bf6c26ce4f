"""HL7's own R4 examples that break HL7's own rules, each with the first fault found and why it is one.

Everything else among the 5,306 must be read. Key: file; value: path of the fault, and the rule.
"""

_BASE = ("SearchParameter.base", "SearchParameter.base is 1..*; these 10 generated files have none")
_NARRATIVE = "txt-2: the narrative is nothing but white space"
_BASE_DEFINITION = ("StructureDefinition", "sdf-4: a logical model that is not abstract has no baseDefinition")

REFUSED: dict[str, tuple[str, str]] = {
    "ActivityDefinition-blood-tubes-supply.json": ("ActivityDefinition.text.div", _NARRATIVE),
    "ActivityDefinition-heart-valve-replacement.json": ("ActivityDefinition.text.div", _NARRATIVE),
    "EventDefinition-example.json": ("EventDefinition.text.div", _NARRATIVE),
    "Questionnaire-zika-virus-exposure-assessment.json": ("Questionnaire.text.div", _NARRATIVE),
    "Bundle-dataelements.json": ("Bundle", "bdl-7: three entries have the fullUrl .../de-Quantity.value and no versionId"),
    "DeviceMetric-example.json": ("DeviceMetric.parent.reference", "parent is a Device; it refers to a DeviceDefinition"),
    "DeviceUseStatement-example.json": ("DeviceUseStatement.reasonReference[0].reference", "a Procedure is not among the allowed types"),
    "MedicationRequest-medrx0301.json": (
        "MedicationRequest.dispenseRequest.performer.reference",
        "performer is an Organization; it refers to a Practitioner",
    ),
    "Observation-clinical-gender.json": ("Observation.performer[0].reference", "an Encounter cannot perform"),
    "ImplementationGuide-fhir.json": ("ImplementationGuide.name", "name and status are 1..1; both are missing"),
    "ig-r4.json": ("ImplementationGuide.name", "name and status are 1..1; both are missing"),
    "Questionnaire-qs1.json": ("Questionnaire.item[0].item[0].linkId", "linkId is 1..1; items are without"),
    "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json": (
        "SearchParameter.id",
        "an id has at most 64 characters; this has 67",
    ),
    **{
        f"SearchParameter-{kind}-extensions-{resource}-{name}.json": _BASE
        for kind, resource in (("codesystem", "CodeSystem"), ("valueset", "ValueSet"))
        for name in ("author", "effective", "end", "keyword", "workflow")
    },
    **{f"StructureDefinition-{name}.json": _BASE_DEFINITION for name in ("Definition", "Event", "FiveWs", "Request")},
}
