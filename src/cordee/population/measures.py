"""A published indicator as FHIR: its Measure and a MeasureReport, of what is told and nothing else.

Figures are as counted. An area that is not told is there with its reason (masked), never as 0;
areas that are told together are one stratum. Rules: G2.1, FHIR R4 Measure and MeasureReport.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cordee.population.indicators.definition import Indicator
    from cordee.population.reading import Reading, Row

_SCORING: Final = "http://terminology.hl7.org/CodeSystem/measure-scoring"
_POPULATION: Final = "http://terminology.hl7.org/CodeSystem/measure-population"
_IMPROVEMENT: Final = "http://terminology.hl7.org/CodeSystem/measure-improvement-notation"
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_UCUM: Final = "http://unitsofmeasure.org"
_TOML: Final = "application/toml"
_COMMUNE: Final = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
_NUMERATOR, _DENOMINATOR = "numerator", "denominator"


def bundle(answer: Any, site: str, reporter: str, at: datetime) -> dict[str, Any]:
    """The Measure and the MeasureReport of an answer that was asked as counted.

    `site` is the address of the installation, `reporter` the name of who publishes.
    """
    url = _url(answer, site)
    resources = [_measure(answer.indicator, url), report(answer, site, reporter, at)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": at.isoformat(timespec="seconds"),
        "entry": [
            {"fullUrl": f"{url}/{one['resourceType']}", "resource": one} for one in resources
        ],
    }


def _url(answer: Any, site: str) -> str:
    return f"{site}/population/{answer.indicator.id}"


def _measure(told: Indicator, url: str) -> dict[str, Any]:
    scoring = "ratio" if told.measure == "rate" else "proportion"
    notation = "increase" if told.high_is == "good" else "decrease"
    return {
        "resourceType": "Measure",
        "id": told.id,
        "url": url,
        "version": told.version,
        "name": told.id.replace("-", "_"),
        "title": told.title,
        "status": "active",
        "publisher": told.source,
        **({"description": told.purpose} if told.purpose else {}),
        "scoring": _concept(_SCORING, scoring),
        "improvementNotation": _concept(_IMPROVEMENT, notation),
        "group": [
            {
                "population": [
                    {
                        "code": _concept(_POPULATION, name),
                        "criteria": {
                            "language": _TOML, "expression": name, "reference": f"{url}/definition",
                        },
                    }
                    for name in (_NUMERATOR, _DENOMINATOR)
                ]
            }
        ],
    }  # fmt: skip


def report(answer: Any, site: str, reporter: str, at: datetime) -> dict[str, Any]:
    """The MeasureReport alone, as `bundle` holds it."""
    told, reading, url = answer.indicator, answer.reading, _url(answer, site)
    group: dict[str, Any] = {}
    if reading.cases is not None:
        group["population"] = _populations(reading.cases, reading.people)
    if reading.mean is not None:
        group["measureScore"] = _score(told, reading.mean.value)
    group["stratifier"] = [
        {
            "code": [{"text": reading.level}],
            "stratum": [_stratum(one, reading, told) for one in reading.rows],
        }
    ]
    return {
        "resourceType": "MeasureReport",
        "id": f"{told.id}-{reading.level}",
        "status": "complete",
        "type": "summary",
        "measure": f"{url}|{told.version}",
        "date": at.isoformat(timespec="seconds"),
        "reporter": {"display": reporter},
        "period": {"start": answer.start.isoformat(), "end": answer.end.isoformat()},
        "group": [group],
    }


def _stratum(row: Row, reading: Reading, told: Indicator) -> dict[str, Any]:
    value: dict[str, Any] = {"text": ", ".join(row.names)}
    if reading.level == "commune":
        codings = [{"system": _COMMUNE, "code": one} for one in row.members if "~" not in one]
        value |= {"coding": codings} if codings else {}
    if row.figure is None or row.cases is None or row.people is None:
        masked = {"extension": [{"url": _ABSENT, "valueCode": "masked"}]}
        return {"value": value, "measureScore": masked}
    return {
        "value": value,
        "population": _populations(row.cases, row.people),
        "measureScore": _score(told, row.figure.value),
    }


def _populations(cases: int, people: int) -> list[dict[str, Any]]:
    counts = ((_NUMERATOR, cases), (_DENOMINATOR, people))
    return [{"code": _concept(_POPULATION, name), "count": count} for name, count in counts]


def _score(told: Indicator, value: float) -> dict[str, Any]:
    """A share in per cent, a rate for so many persons."""
    is_share = told.per == 100  # noqa: PLR2004 -- per cent
    code = "%" if is_share else f"/{{{told.per}}}"
    return {"value": round(value * told.per, 2), "unit": "%" if is_share else f"/ {told.per}",
            "system": _UCUM, "code": code}  # fmt: skip


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
