"""The catalogue: what is there, its lineage by hand, and a profile that says what it lacks."""

from __future__ import annotations

from datetime import date

import pytest

from cordee.population.catalogue.datasets import Found, datasets, kinds_of
from cordee.population.catalogue.dcat import catalogue, missing
from cordee.population.catalogue.entries import Dataset
from cordee.population.catalogue.texts import profile, read, shipped, shipped_profile
from cordee.population.indicators.definition import indicator
from cordee.population.indicators.definition import shipped as indicators
from cordee.population.sources.description import shipped as formats
from cordee.runtime.errors import InvalidRequest

DAY = date(2026, 10, 31)
OPEN = next(iter(formats().values()))
FOUND = Found(
    tables=("Patient", "Observation", "Condition", "MedicationDispense"),
    facts=("person", "result", "diagnosis", "dispensation"),
    people={"cordee": 1234, "am": 5678, "am+cordee": 100},
    loaded={"cordee": date(2026, 11, 2), "am": date(2026, 11, 1)},
    open=((OPEN, 12),),
    watched={"result": 2},
    records={"faits-result": 4567, "lac-observation": 9999},
    periods={name: (date(2025, 11, 1), DAY) for name in indicators()},
)


@pytest.fixture(scope="module")
def every() -> dict[str, Dataset]:
    return {one.id: one for one in datasets(FOUND, shipped(), indicators().values())}


@pytest.mark.requirement("G1.9")
def test_the_lineage_of_an_indicator_goes_up_to_the_lake(every: dict[str, Dataset]) -> None:
    """Diabetes reads diagnoses, dispensations, results; these come from the lake and a source."""
    one = every["indicateur-diabete"]
    facts = {"faits-diagnosis", "faits-dispensation", "faits-result", "faits-person"}
    assert set(one.made_of) == facts
    assert above(every, one.id) == facts | {
        "lac-condition", "lac-medicationdispense", "lac-observation", "lac-patient", "source-am",
    }  # fmt: skip
    assert "lac-condition" not in above(every, "indicateur-vaccin-grippe")


def above(every: dict[str, Dataset], name: str) -> set[str]:
    parts = set(every[name].made_of)
    return parts.union(*(above(every, one) for one in parts))


def test_all_kinds_that_a_definition_names_are_read() -> None:
    assert kinds_of(indicator("delai-dac").followed) == {"followup"}
    assert kinds_of(indicator("sans-medecin-traitant").numerator) == {"person"}


@pytest.mark.requirement("G1.9")
def test_what_is_told_comes_from_what_is_there(every: dict[str, Dataset]) -> None:
    one = every["faits-result"]
    assert (one.people, one.records, one.watched) == (7000, 4500, 2)  # 7,012 people, 4,567 rows
    assert one.codings == ("LOINC", "UCUM")
    assert [each.name for each in one.variables][:3] == ["person", "code", "day"]
    assert all(each.meaning for each in one.variables)
    assert every["source-am"].people == 5700
    assert every[f"ouvert-{OPEN.id}"].licence == OPEN.licence
    assert "faits-vaccine" not in every


@pytest.mark.requirement("G1.9")
def test_the_linked_catalogue_fits_its_profile_and_says_where_it_does_not(
    every: dict[str, Dataset],
) -> None:
    told = catalogue(list(every.values()), shipped(), "https://region.example", DAY)
    found = missing(told, shipped_profile())
    assert [one for one in found if one.is_mandatory] == []
    assert ("lac-patient", "healthdcatap:numberOfRecords") in {
        (one.id, one.property) for one in found
    }
    by_id = {one["dct:identifier"]: one for one in told["dcat:dataset"]}
    one = by_id["indicateur-diabete"]
    assert {"@id": "https://region.example/population/catalogue/faits-result"} in one[
        "prov:wasDerivedFrom"
    ]
    assert one["dct:temporal"]["dcat:startDate"]["@value"] == "2025-11-01"
    assert "dpv:hasPersonalData" not in one
    assert by_id["faits-result"]["dct:accessRights"]["@id"].endswith("/NON_PUBLIC")
    prefixes = {name.partition(":")[0] for one in told["dcat:dataset"] for name in one}
    assert prefixes - {"@id", "@type"} <= set(told["@context"])
    del by_id["faits-result"]["dct:provenance"]
    wrong = [one for one in missing(told, shipped_profile()) if one.is_mandatory]
    assert [(one.id, one.property) for one in wrong] == [("faits-result", "dct:provenance")]


TEXT = (
    'title = "t"\ndescription = "d"\nholder = "h"\ncontact = "c"\nspatial = "s"\n'
    'legal_basis = "l"\nretention = "P1Y"\nlanguage = "fr"\n'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "no TOML"),
        ("", "title: missing"),
        (TEXT + "other = 1\n", "other: not known"),
        (TEXT, "access.restricted.words: missing"),
    ],
)
def test_texts_that_cannot_be_are_refused_with_their_place(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        read(text)
    assert said in error.value.message


def test_a_profile_without_a_class_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        profile("[catalog]\nmandatory = []\n")
