"""A report of activity as a FHIR MeasureReport: what is kept back says so and has no number."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.activity.hiding import Table
from cordee.care.activity.report import Report
from cordee.care.workflow.tasks import BASE
from cordee.runtime.clock import instant

MEASURE: Final = "https://cordee.example/fhir/Measure/activite-dac|1"
TABLES: Final = BASE + "tableau-activite"
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_POPULATION: Final = "http://terminology.hl7.org/CodeSystem/measure-population"


def measure_report(report: Report, at: datetime) -> dict[str, Any]:
    """The MeasureReport of a report; it is not stored."""
    tables = {
        "requester": report.askers, "motive": report.motives, "mission": report.missions,
        "outcome": report.outcomes,
    }  # fmt: skip
    if report.unmet is not None:
        tables["unmet-by-commune"] = report.unmet
    last = report.period.last - timedelta(days=1)
    made: dict[str, Any] = {
        "resourceType": "MeasureReport",
        "status": "complete",
        "type": "summary",
        "measure": MEASURE,
        "date": instant(at),
        "period": {"start": report.period.first.isoformat(), "end": last.isoformat()},
        "group": [_group("requests", report.requests)]
        + [_group(code, table.total, table) for code, table in tables.items()],
    }
    if report.structure:
        made["reporter"] = {"reference": report.structure}
    return made


def _group(code: str, total: int | None, table: Table | None = None) -> dict[str, Any]:
    group: dict[str, Any] = {
        "code": {"coding": [{"system": TABLES, "code": code}]},
        "population": [_population(total)],
    }
    if table is not None and table.cells:
        group["stratifier"] = [
            {
                "stratum": [
                    {"value": {"text": one.code or "?"}, "population": [_population(one.count)]}
                    for one in table.cells
                ]
            }
        ]
    return group


def _population(count: int | None) -> dict[str, Any]:
    code = {"coding": [{"system": _POPULATION, "code": "initial-population"}]}
    if count is None:
        return {"code": code, "_count": {"extension": [{"url": _ABSENT, "valueCode": "masked"}]}}
    return {"code": code, "count": count}
