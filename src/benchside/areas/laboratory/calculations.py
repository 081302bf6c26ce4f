"""Results that are calculated, not measured: each formula with its source and the limits inside which it holds.

Rules F1 to F3, docs/clinical/results.md.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, localcontext

from benchside.areas.laboratory.words import Patient, birthday_plus

LDL_TRIGLYCERIDE_MAX = Decimal(400)


def anion_gap(sodium: Decimal, chloride: Decimal, co2: Decimal) -> Decimal:
    """F1: sodium - chloride - total CO2, all mmol/L; the three-ion form (LOINC 33037-3)."""
    return sodium - chloride - co2


def ldl_friedewald(total: Decimal, hdl: Decimal, triglyceride: Decimal) -> Decimal | None:
    """F2: LDL = total - HDL - triglyceride / 5, mg/dL; None above 400 mg/dL of triglyceride.

    Source: Friedewald, Levy, Fredrickson, Clin Chem 1972;18:499.
    """
    return None if triglyceride > LDL_TRIGLYCERIDE_MAX else total - hdl - triglyceride / 5


def age_in_years(birth: date, on: date) -> int:
    """Whole years of age on a day."""
    years = on.year - birth.year
    return years if on >= birthday_plus(birth, years, "y") else years - 1


def egfr_ckd_epi_2021(creatinine_mg_dl: Decimal, patient: Patient, on: date) -> Decimal | None:
    """F3: estimated GFR, mL/min/1.73 m2, race-free; None under 18 years, or when age or sex is not known.

    142 x min(Scr/k, 1)^a x max(Scr/k, 1)^-1.200 x 0.9938^age (x 1.012 for women), k 0.7 women 0.9 men, a -0.241 women
    -0.302 men. Source: Inker et al., N Engl J Med 2021;385:1737 (CKD-EPI creatinine 2021).
    """
    if patient.birth_date is None or patient.sex is None or creatinine_mg_dl <= 0:
        return None
    age = age_in_years(patient.birth_date, on)
    if age < 18:
        return None
    female = patient.sex == "female"
    ratio = creatinine_mg_dl / (Decimal("0.7") if female else Decimal("0.9"))
    with localcontext() as context:
        context.prec = 20
        low = min(ratio, Decimal(1)) ** (Decimal("-0.241") if female else Decimal("-0.302"))
        high = max(ratio, Decimal(1)) ** Decimal("-1.200")
        value = 142 * low * high * Decimal("0.9938") ** age
        return value * Decimal("1.012") if female else value


def calculate(formula: str, values: Mapping[str, Decimal], patient: Patient, on: date) -> Decimal | None:
    """Work out a calculated component from the measured values of its order; None when a part is missing or out of bounds.

    Raises LookupError for a formula that does not exist.
    """
    if formula == "anion-gap":
        parts = [values.get(code) for code in ("SODIUM", "CHLORIDE", "CO2")]
        return anion_gap(parts[0], parts[1], parts[2]) if parts[0] is not None and parts[1] is not None and parts[2] is not None else None
    if formula == "ldl-friedewald":
        total, hdl, triglyceride = values.get("CHOL"), values.get("HDL"), values.get("TRIG")
        return ldl_friedewald(total, hdl, triglyceride) if total is not None and hdl is not None and triglyceride is not None else None
    if formula == "egfr-ckd-epi-2021":
        creatinine = values.get("CREATININE")
        return egfr_ckd_epi_2021(creatinine, patient, on) if creatinine is not None else None
    raise LookupError(f"There is no formula {formula!r}.")
