"""The catalogue as JSON-LD: DCAT-AP 3 with what HealthDCAT-AP adds; and whether it fits; pure.

The context is inside the file: nothing is fetched to read it. Rules: G1.9, G4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cordee.population.catalogue.entries import INDICATOR, OPEN_DATA, Dataset
from cordee.population.catalogue.texts import Profile, Texts

_CONTEXT: Final[Mapping[str, Any]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "prov": "http://www.w3.org/ns/prov#",
    "csvw": "http://www.w3.org/ns/csvw#",
    "dpv": "https://w3id.org/dpv#",
    "healthdcatap": "http://healthdataportal.eu/ns/health#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_HEALTH: Final = "http://publications.europa.eu/resource/authority/data-theme/HEAL"
_TYPE: Final = "http://publications.europa.eu/resource/authority/dataset-type/"
_FORMAT: Final = "http://publications.europa.eu/resource/authority/file-type/"
_LANGUAGES: Final = {"fr": "http://publications.europa.eu/resource/authority/language/FRA"}
_PATH: Final = "/population/catalogue"


@dataclass(frozen=True, slots=True)
class Missing:
    """A property that something lacks: the id of what, the property, whether it must be there."""

    id: str
    property: str
    is_mandatory: bool


def catalogue(every: Sequence[Dataset], texts: Texts, site: str, day: date) -> dict[str, Any]:
    """The whole catalogue as of a day; `site` is the address of the installation."""
    home = f"{site}{_PATH}"
    return {
        "@context": dict(_CONTEXT),
        "@id": home,
        "@type": "dcat:Catalog",
        "dct:title": _words(texts.title, texts),
        "dct:description": _words(texts.description, texts),
        "dct:publisher": _publisher(texts),
        "dct:language": {"@id": _LANGUAGES.get(texts.language, texts.language)},
        "dct:spatial": {"@type": "dct:Location", "dct:title": texts.spatial},
        "dct:modified": _date(day),
        "foaf:homepage": {"@id": home},
        "dcat:dataset": [dataset(one, texts, site) for one in every],
    }


def dataset(one: Dataset, texts: Texts, site: str) -> dict[str, Any]:
    """A dataset; what is not known is left out."""
    home = f"{site}{_PATH}/{one.id}"
    kind = "STATISTICAL" if one.kind in {INDICATOR, OPEN_DATA} else "RAW_DATA"
    told: dict[str, Any] = {
        "@id": home,
        "@type": "dcat:Dataset",
        "dct:identifier": one.id,
        "dct:title": _words(one.title, texts),
        "dct:description": _words(one.description, texts),
        "dct:accessRights": {"@id": texts.access[one.access].uri},
        "dct:publisher": _publisher(texts),
        "dcat:contactPoint": {"@type": "vcard:Organization", "vcard:fn": texts.holder,
                              "vcard:hasEmail": {"@id": texts.contact}},
        "dcat:theme": {"@id": _HEALTH},
        "dct:type": {"@id": f"{_TYPE}{kind}"},
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "dct:title": one.origin},
        "dcat:keyword": [one.theme] if one.theme else [],
        "dcat:version": one.version,
        "dct:modified": _date(one.updated) if one.updated else None,
        "dct:temporal": _period(one),
        "dct:spatial": {"@type": "dct:Location", "dct:title": texts.spatial},
        "prov:wasDerivedFrom": [{"@id": f"{site}{_PATH}/{part}"} for part in one.made_of],
        "csvw:column": [_column(each) for each in one.variables],
        "dcat:distribution": _distributions(one, site),
    }  # fmt: skip
    if one.is_personal:
        told |= {
            "healthdcatap:healthCategory": "Données de santé électroniques pseudonymisées",
            "healthdcatap:numberOfRecords": one.records or None,
            "healthdcatap:numberOfUniqueIndividuals": one.people or None,
            "healthdcatap:populationCoverage": _words(texts.spatial, texts),
            "healthdcatap:hasCodingSystem": list(one.codings),
            "healthdcatap:retentionPeriod": {"@value": texts.retention, "@type": "xsd:duration"},
            "dpv:hasPersonalData": {"@id": "https://w3id.org/dpv/pd#HealthData"},
            "dpv:hasLegalBasis": texts.legal_basis,
            "dpv:hasPurpose": list(texts.purposes),
        }  # fmt: skip
    return {name: value for name, value in told.items() if value not in (None, "", [], {})}


def missing(given: Mapping[str, Any], profile: Profile) -> tuple[Missing, ...]:
    """What the catalogue and each dataset lack of what a profile asks."""
    found = list(_lacks(given, "catalog", profile))
    for one in given.get("dcat:dataset", ()):
        found += _lacks(one, "dataset", profile)
        if "dpv:hasPersonalData" in one or "healthdcatap:healthCategory" in one:
            found += _lacks(one, "health", profile)
        for at, each in enumerate(one.get("dcat:distribution", ())):
            found += _lacks(
                {"@id": f"{one['@id']}#distribution-{at}", **each}, "distribution", profile
            )
    return tuple(found)


def _lacks(given: Mapping[str, Any], kind: str, profile: Profile) -> Iterable[Missing]:
    name = str(given.get("@id", kind)).rpartition("/")[2]
    for is_mandatory, some in ((True, profile.mandatory), (False, profile.recommended)):
        for one in some[kind]:
            if given.get(one) in (None, "", [], {}):
                yield Missing(name, one, is_mandatory)


def _distributions(one: Dataset, site: str) -> list[dict[str, Any]]:
    name = one.id.partition("-")[2]
    if one.kind == INDICATOR:
        ways = [
            (f"/population/{name}/nombres.csv", "CSV"),
            (f"/population/{name}/mesure.json", "JSON"),
        ]
    elif one.kind == OPEN_DATA:
        ways = [("/population/ailleurs", "HTML")]
    else:
        ways = [(f"{_PATH}/{one.id}", "HTML")]
    return [
        {"@type": "dcat:Distribution", "dcat:accessURL": {"@id": f"{site}{path}"},
         "dct:format": {"@id": f"{_FORMAT}{form}"},
         **({"dct:license": one.licence} if one.licence else {})}
        for path, form in ways
    ]  # fmt: skip


def _column(one: Any) -> dict[str, Any]:
    told = {"csvw:name": one.name, "csvw:datatype": one.type, "dct:description": one.meaning}
    return {name: value for name, value in told.items() if value}


def _period(one: Dataset) -> dict[str, Any] | None:
    if one.start is None or one.end is None:
        return None
    return {"@type": "dct:PeriodOfTime", "dcat:startDate": _date(one.start),
            "dcat:endDate": _date(one.end)}  # fmt: skip


def _publisher(texts: Texts) -> dict[str, Any]:
    return {"@type": "foaf:Agent", "foaf:name": texts.holder}


def _words(text: str, texts: Texts) -> dict[str, str]:
    return {"@value": text, "@language": texts.language}


def _date(day: date) -> dict[str, str]:
    return {"@value": day.isoformat(), "@type": "xsd:date"}
