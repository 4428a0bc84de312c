"""What laboratories measure: codes, French labels, units and reference ranges of adults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.app.region.coding import LOINC, UCUM, Json, concept


@dataclass(frozen=True, slots=True)
class Analyte:
    """One measure: its concept, unit, digits, reference range and critical limits."""

    key: str
    code: Json
    unit: str
    ucum: str
    digits: int
    low: float | None
    high: float | None
    critical: tuple[float, float]
    reference_range: list[Json]


NEVER: Final = (-1e9, 1e9)

# key: LOINC, label, unit, UCUM, digits, low, high, critical limits
_ROWS: Final[tuple[tuple[str, str, str, str, str, int, float | None, float | None], ...]] = (
    ("creatinine-f", "14682-9", "Créatinine", "µmol/L", "umol/L", 0, 45, 84),
    ("creatinine-m", "14682-9", "Créatinine", "µmol/L", "umol/L", 0, 59, 104),
    ("egfr", "62238-1", "Clairance (CKD-EPI)", "mL/min/1,73 m²", "mL/min/{1.73_m2}", 0, 60, None),
    ("potassium", "2823-3", "Potassium", "mmol/L", "mmol/L", 1, 3.5, 5.1),
    ("sodium", "2951-2", "Sodium", "mmol/L", "mmol/L", 0, 136, 145),
    ("hemoglobin-f", "718-7", "Hémoglobine", "g/dL", "g/dL", 1, 12.0, 16.0),
    ("hemoglobin-m", "718-7", "Hémoglobine", "g/dL", "g/dL", 1, 13.0, 17.0),
    ("leucocytes", "6690-2", "Leucocytes", "G/L", "10*9/L", 1, 4.0, 10.0),
    ("platelets", "777-3", "Plaquettes", "G/L", "10*9/L", 0, 150, 400),
    ("hba1c", "4548-4", "HbA1c", "%", "%", 1, 4.0, 6.0),
    ("hba1c-ifcc", "59261-8", "HbA1c (IFCC)", "mmol/mol", "mmol/mol", 0, 20, 42),
    ("glucose", "1558-6", "Glycémie à jeun", "g/L", "g/L", 2, 0.70, 1.10),
    ("ldl", "13457-7", "Cholestérol LDL", "g/L", "g/L", 2, None, 1.60),
    ("hdl", "2085-9", "Cholestérol HDL", "g/L", "g/L", 2, 0.40, None),
    ("tsh", "3016-3", "TSH", "mUI/L", "m[IU]/L", 2, 0.4, 4.0),
    ("crp", "1988-5", "CRP", "mg/L", "mg/L", 0, None, 5),
    ("nt-probnp", "33762-6", "NT-proBNP", "ng/L", "ng/L", 0, None, 300),
    ("inr", "6301-6", "INR", "", "{INR}", 1, 0.9, 1.2),
    ("ferritin", "2276-4", "Ferritine", "µg/L", "ug/L", 0, 20, 200),
    ("psa", "2857-1", "PSA", "µg/L", "ug/L", 1, None, 4.0),
    ("cea", "2039-6", "ACE", "µg/L", "ug/L", 1, None, 5.0),
    ("fit", "27396-1", "Recherche de sang dans les selles", "µg/g", "ug/g", 0, None, 30),
    ("beta-hcg", "21198-7", "Bêta-hCG", "UI/L", "[IU]/L", 0, None, 5),
)
_CRITICAL: Final = {
    "potassium": (2.8, 6.0),
    "sodium": (120.0, 158.0),
    "hemoglobin-f": (7.0, 20.0),
    "hemoglobin-m": (7.0, 20.0),
    "inr": (0.0, 5.0),
}


def _limit(value: float, unit: str, ucum: str) -> Json:
    limit: Json = {"value": value, "system": UCUM, "code": ucum}
    if unit:
        limit["unit"] = unit
    return limit


def _range(unit: str, ucum: str, low: float | None, high: float | None) -> list[Json]:
    limits: Json = {}
    if low is not None:
        limits["low"] = _limit(low, unit, ucum)
    if high is not None:
        limits["high"] = _limit(high, unit, ucum)
    return [limits]


ANALYTES: Final = {
    key: Analyte(
        key,
        concept(LOINC, code, label),
        unit,
        ucum,
        digits,
        low,
        high,
        _CRITICAL.get(key, NEVER),
        _range(unit, ucum, low, high),
    )
    for key, code, label, unit, ucum, digits, low, high in _ROWS
}

BY_SEX: Final = frozenset({"creatinine", "hemoglobin"})


def analyte(key: str, female: bool) -> Analyte:
    """The analyte of that key, with the range of the sex where there are two."""
    if key in BY_SEX:
        return ANALYTES[key + ("-f" if female else "-m")]
    return ANALYTES[key]
