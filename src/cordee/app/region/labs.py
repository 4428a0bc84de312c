"""Laboratory observations and the reports that group them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cordee.app.region.analytes import Analyte, analyte
from cordee.app.region.chart import Chart, link
from cordee.app.region.coding import HL7, LOINC, UCUM, Json, bare, concept

LABORATORY: Final[list[Json]] = [
    concept(HL7 + "observation-category", "laboratory", "Laboratory", "Biologie")
]
REPORT_CATEGORY: Final[list[Json]] = [bare(HL7 + "v2-0074", "LAB")]
REPORT_CODE: Final[Json] = concept(LOINC, "11502-2", "CR d’examens biologiques")
DRAWN: Final = 450
DELAY: Final = 420
INTERPRETATIONS: Final[dict[str, list[Json]]] = {
    code: [concept(HL7 + "v3-ObservationInterpretation", code, label)]
    for code, label in (
        ("N", "dans la référence"),
        ("L", "basse"),
        ("H", "élevée"),
        ("LL", "basse, critique"),
        ("HH", "élevée, critique"),
    )
}

# CKD-EPI 2009, creatinine in µmol/L: kappa, alpha below kappa, factor by sex.
WOMAN: Final = (61.9, -0.329, 144.0)
MAN: Final = (79.6, -0.411, 141.0)
ABOVE: Final = -1.209
A_YEAR: Final = 0.993


def clearance(creatinine: float, age: int, female: bool) -> int:
    """Estimated filtration in mL/min/1.73 m², by CKD-EPI 2009 without the term of origin."""
    kappa, alpha, factor = WOMAN if female else MAN
    part = creatinine / kappa
    return round(factor * part ** (alpha if part < 1 else ABOVE) * A_YEAR**age)


def add_panel(chart: Chart, day: int, values: Mapping[str, float], minute: int = DRAWN) -> Json:
    """The report of one blood test; its observations come before it in the record."""
    drawn = chart.at(day, minute)
    issued = chart.at(day, minute + DELAY)
    performer = [chart.laboratory.link] if chart.laboratory else []
    results = []
    for key, value in values.items():
        measure = analyte(key, chart.female)
        observation = _observation(chart, measure, value)
        observation["effectiveDateTime"] = drawn
        observation["issued"] = issued
        if performer:
            observation["performer"] = performer
        results.append(link(chart.add(observation)))
    report: Json = {
        "resourceType": "DiagnosticReport",
        "id": chart.number("r"),
        "status": "final",
        "category": REPORT_CATEGORY,
        "code": REPORT_CODE,
        "subject": chart.subject,
        "effectiveDateTime": drawn,
        "issued": issued,
        "result": results,
    }
    if performer:
        report["performer"] = performer
    return chart.add(report)


def _observation(chart: Chart, measure: Analyte, value: float) -> Json:
    rounded = round(value, measure.digits) if measure.digits else round(value)
    amount: Json = {"value": rounded, "system": UCUM, "code": measure.ucum}
    if measure.unit:
        amount["unit"] = measure.unit
    return {
        "resourceType": "Observation",
        "id": chart.number("o"),
        "status": "final",
        "category": LABORATORY,
        "code": measure.code,
        "subject": chart.subject,
        "valueQuantity": amount,
        "interpretation": INTERPRETATIONS[_reading(measure, rounded)],
        "referenceRange": measure.reference_range,
    }


def _reading(measure: Analyte, value: float) -> str:
    lowest, highest = measure.critical
    if value < lowest:
        return "LL"
    if value >= highest:
        return "HH"
    if measure.low is not None and value < measure.low:
        return "L"
    if measure.high is not None and value > measure.high:
        return "H"
    return "N"
