"""The catalogue as FHIR R4: ActivityDefinition, SpecimenDefinition and ObservationDefinition of every test and panel.

Ids are made from the catalogue's codes, so that building twice gives the same resources. Reference ranges and critical
limits become qualified intervals; what has no range gets none. Codes of tube additives are HL7 table 0371.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from benchside.areas.laboratory.catalogue import Catalogue
from benchside.areas.laboratory.critical import CriticalTable
from benchside.areas.laboratory.reception import ReceptionTable
from benchside.areas.laboratory.tubes import Tube, TubeTable
from benchside.areas.laboratory.words import AgeSpan, Analyte, LaboratoryTest, ReferenceRange, StabilityLimit
from benchside.fhir import r4

LOINC = "http://loinc.org"
LOINC_NOTICE = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief Institute, Inc. and the LOINC Committee, "
    "and is available at no cost under the license at http://loinc.org/license."
)
UCUM = "http://unitsofmeasure.org"
ADDITIVE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0371"
CATALOGUE_SYSTEM = "urn:benchside:catalogue"
RANGE_MEANING = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"

_ADDITIVES: Mapping[str, str] = {
    "CITRATE": "C32", "SERUM_GEL": "SST", "HEPARIN": "HEPL", "EDTA": "EDTK", "FLUORIDE": "NAF", "URINE_BORATE": "BOR", "EDTA_MICRO": "EDTK",
    "HEPARIN_MICRO": "HEPL", "SERUM_MICRO": "SST",
}  # fmt: skip
_AGE_UNITS = {"d": "d", "mo": "mo", "y": "a"}
_PLACES: Sequence[tuple[str, str, tuple[int, int] | None]] = (
    ("unspun", "whole, as collected", (15, 25)),
    ("room", "separated, room temperature", (15, 25)),
    ("refrigerated", "refrigerated", (2, 8)),
    ("frozen", "frozen", None),
)


def _text(words: str) -> r4.CodeableConcept:
    return r4.CodeableConcept(text=words)


def _quantity(value: Decimal, unit: str) -> r4.Quantity:
    return r4.Quantity(value=value, unit=unit, system=UCUM, code=unit)


def _identifier(code: str) -> r4.Identifier:
    return r4.Identifier(system=CATALOGUE_SYSTEM, value=code)


def fhir_id(code: str) -> str:
    """Return the FHIR id of a catalogue entry: FHIR ids take no underscore."""
    return code.lower().replace("_", "-")


def _code(loinc: str | None, code: str, words: str) -> r4.CodeableConcept:
    codings = [r4.Coding(system=CATALOGUE_SYSTEM, code=code, display=words)]
    return r4.CodeableConcept(coding=[r4.Coding(system=LOINC, code=loinc), *codings] if loinc else codings, text=words)


def observation_definition(analyte: Analyte, critical: tuple[Decimal | None, Decimal | None] = (None, None)) -> r4.ObservationDefinition:
    """Build what one result looks like: code, data type, unit, decimals, ranges and critical limits."""
    numeric = analyte.kind == "numeric"
    intervals = [_interval(entry, analyte.unit) for entry in analyte.ranges]
    if any(limit is not None for limit in critical):
        intervals.append(r4.ObservationDefinitionQualifiedInterval(category="critical", range=_range(*critical, analyte.unit)))
    if analyte.plausible is not None:
        intervals.append(r4.ObservationDefinitionQualifiedInterval(category="absolute", range=_range(*analyte.plausible, analyte.unit)))
    return r4.ObservationDefinition(
        id=fhir_id(analyte.code),
        identifier=[_identifier(analyte.code)],
        code=_code(analyte.loinc, analyte.code, analyte.name.en),
        permittedDataType=["Quantity" if numeric else "CodeableConcept" if analyte.kind == "coded" else "string"],
        preferredReportName=analyte.name.en,
        quantitativeDetails=r4.ObservationDefinitionQuantitativeDetails(
            unit=r4.CodeableConcept(coding=[r4.Coding(system=UCUM, code=analyte.unit)]), decimalPrecision=analyte.decimals
        )
        if numeric
        else None,
        qualifiedInterval=intervals or None,
    )


def _range(low: Decimal | None, high: Decimal | None, unit: str) -> r4.Range:
    return r4.Range(
        low=_quantity(low, unit) if low is not None else None,
        high=_quantity(high, unit) if high is not None else None,
    )


def _interval(entry: ReferenceRange, unit: str) -> r4.ObservationDefinitionQualifiedInterval:
    return r4.ObservationDefinitionQualifiedInterval(
        category="reference",
        context=r4.CodeableConcept(coding=[r4.Coding(system=RANGE_MEANING, code="recommended" if entry.decision else "normal")]),
        range=_range(entry.low, entry.high, unit),
        gender=entry.sex,
        age=_age(entry.span),
        condition=entry.when,
    )


def _age(span: AgeSpan) -> r4.Range | None:
    ends = [_quantity(Decimal(end[0]), _AGE_UNITS[end[1]]) if end is not None else None for end in (span.low, span.high)]
    return r4.Range(low=ends[0], high=ends[1]) if any(end is not None for end in ends) else None


def specimen_definition(test: LaboratoryTest, catalogue: Catalogue, tubes: TubeTable, reception: ReceptionTable) -> r4.SpecimenDefinition:
    """Build what must be collected for a test: a container for each tube it may have, its volume, handling and stability."""
    fasting = "fasting-if-asked" in test.definition.handling
    return r4.SpecimenDefinition(
        id=fhir_id(test.code),
        identifier=_identifier(test.code),
        patientPreparation=[_text(catalogue.handling["fasting-if-asked"].en)] if fasting else None,
        collection=[_text(test.definition.way.replace("_", " "))],
        typeTested=[
            r4.SpecimenDefinitionTypeTested(
                isDerived=test.definition.processing == "spun",
                preference="preferred" if place == 0 else "alternate",
                container=_container(tubes.tubes[tube], tube, test.facts.smallest_ml),
                requirement="; ".join(catalogue.handling[item].en for item in test.definition.handling) or None,
                rejectionCriterion=[_text(rule.en) for rule in reception.rejections.values() if rule.recover == "no"],
                handling=_handling(test, tube) or None,
            )
            for place, tube in enumerate(test.facts.tubes)
        ],
    )


def _container(tube: Tube, code: str, smallest_ml: Decimal) -> r4.SpecimenDefinitionTypeTestedContainer:
    additive = r4.CodeableConcept(
        coding=[r4.Coding(system=ADDITIVE_SYSTEM, code=_ADDITIVES[code])] if code in _ADDITIVES else None, text=tube.additive.en
    )
    return r4.SpecimenDefinitionTypeTestedContainer(
        type=r4.CodeableConcept(coding=[r4.Coding(system=CATALOGUE_SYSTEM, code=code)], text=tube.cap.en),
        cap=_text(tube.cap.en),
        capacity=_quantity(tube.volumes_ml[0], "mL"),
        minimumVolumeQuantity=_quantity(smallest_ml, "mL"),
        additive=[r4.SpecimenDefinitionTypeTestedContainerAdditive(additiveCodeableConcept=additive)],
    )


def _handling(test: LaboratoryTest, tube: str) -> list[r4.SpecimenDefinitionTypeTestedHandling]:
    found: list[r4.SpecimenDefinitionTypeTestedHandling] = []
    for place, words, celsius in _PLACES:
        limits: tuple[StabilityLimit, ...] = getattr(test.facts.stability, place) or ()
        found.extend(
            r4.SpecimenDefinitionTypeTestedHandling(
                temperatureQualifier=_text(words),
                temperatureRange=_range(Decimal(celsius[0]), Decimal(celsius[1]), "Cel") if celsius else None,
                maxDuration=r4.Duration(value=limit.hours, unit="h", system=UCUM, code="h"),
                instruction=limit.condition,
            )
            for limit in limits
            if limit.tube in (None, tube)
        )
    return found


def activity_definition(code: str, catalogue: Catalogue) -> r4.ActivityDefinition:
    """Build what a clinician orders: a test or a panel, with what must be collected and what comes back."""
    panel, test = catalogue.panels.get(code), catalogue.tests.get(code)
    name = panel.name if panel is not None else catalogue.tests[code].name
    loinc = panel.definition.loinc if panel is not None else catalogue.tests[code].facts.loinc
    collected = panel.tests if panel is not None else (catalogue.tests[code].code,)
    kind = panel.definition.kind if panel is not None else catalogue.tests[code].definition.kind
    return r4.ActivityDefinition(
        id=fhir_id(code),
        identifier=[_identifier(code)],
        name=code,
        title=name.en,
        status="active",
        copyright=LOINC_NOTICE if loinc else None,
        topic=[_text(kind.replace("_", " "))],
        kind="ServiceRequest",
        intent="order",
        code=_code(loinc, code, name.en),
        specimenRequirement=[r4.Reference(reference=f"SpecimenDefinition/{fhir_id(item)}") for item in collected],
        observationResultRequirement=[
            r4.Reference(reference=f"ObservationDefinition/{fhir_id(item)}") for item in catalogue.results_of(code)
        ]
        if panel is not None or test is not None
        else None,
    )


def catalogue_resources(
    catalogue: Catalogue, tubes: TubeTable, reception: ReceptionTable, critical: CriticalTable
) -> list[r4.ObservationDefinition | r4.SpecimenDefinition | r4.ActivityDefinition]:
    """Build the whole catalogue: results first, then what is collected, then what is ordered, so that references find their targets.

    Critical limits are the adult defaults; those by age stay in the rules.
    """
    results: list[r4.ObservationDefinition | r4.SpecimenDefinition | r4.ActivityDefinition] = []
    for analyte in catalogue.analytes.values():
        limits: tuple[Decimal | None, Decimal | None] = (None, None)
        if analyte.code in critical.components:
            limits = critical.components[analyte.code].low, critical.components[analyte.code].high
        elif analyte.code in catalogue.tests and analyte.code != "AMMONIA":
            facts = catalogue.tests[analyte.code].facts.critical
            limits = facts.low, facts.high
        results.append(observation_definition(analyte, limits))
    results.extend(specimen_definition(test, catalogue, tubes, reception) for test in catalogue.tests.values())
    results.extend(activity_definition(code, catalogue) for code in {**catalogue.tests, **catalogue.panels})
    return results
