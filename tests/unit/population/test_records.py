"""Claims and stays from CSV: indicators counted by hand, every refusal with its line, nothing lost."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import pytest

from cordee.app import population_commands
from cordee.app.demo_population import write_areas
from cordee.app.population import home_of
from cordee.app.population_options import add_population_options
from cordee.population.engine.duck import DuckEngine
from cordee.population.facts.making import Facts
from cordee.population.indicators.computing import Computing
from cordee.population.indicators.definition import indicator
from cordee.population.lake.tables import Tables
from cordee.population.sources.records import is_records, take_records
from cordee.population.synthesis.writing import files_of
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import read_settings

DAY = date(2026, 6, 30)
PERSONS = """personne;sexe;naissance;commune;deces;medecin
a;F;1960-01;96001;;m1
b;M;1950-02;96001;;
c;;1970-03;;2020-01-01;m1
d;F;1980-04;96002;;m2
"""
CLAIMS = """personne;jour;fin;nature;code;valeur;unite;structure
a;2026-01-05;;medicament;A10BA02;;;
a;2026-02-05;;medicament;A10BA02;;;
a;2026-03-05;;medicament;A10BA02;;;
b;2026-03-05;;medicament;A10BA02;;;
b;2010-01-01;;ald;E11;;;
d;2026-04-01;;biologie;4548-4;6,4;%;
d;2026-04-02;;acte;BGQP007;;;960001063
b;2025-11-02;;vaccin;J07BB02;;;
"""
STAYS = """personne;entree;sortie;nature;structure;diagnostic;actes
a;2026-01-10;2026-01-12;hospitalisation;960001063;I50.0;
b;2026-02-10;2026-02-12;hospitalisation;960001063;E11.5;NZFA002, BGQP002
d;2026-03-10;;urgences;960001063;W19;
d;2026-03-11;;externe;960001063;;
"""


def folder(path: Path, **other: str) -> Path:
    path.mkdir()
    told = {"personnes": PERSONS, "prestations": CLAIMS, "sejours": STAYS} | other
    for name, text in told.items():
        if text:
            (path / f"{name}.csv").write_text(text, "utf-8")
    return path


def counted(path: Path, *names: str) -> dict[str, tuple[int, int]]:
    facts, engine = Facts(path.parent / "facts"), DuckEngine()
    facts.make(engine, Tables(path.parent / "none"), [files_of(path)])
    computing = Computing(engine, facts)
    found = {name: computing.cells(indicator(name), DAY) for name in names}
    return {
        name: (sum(one.cases for one in cells), sum(one.people for one in cells))
        for name, cells in found.items()
    }


@pytest.mark.requirement("G2.12")
def test_indicators_read_claims_and_stays(tmp_path: Path) -> None:
    """c is dead; a has three dispensations, b a long illness: two of three have diabetes."""
    given = folder(tmp_path / "given")
    assert is_records(given)
    counts = take_records(given, "am", tmp_path / "am")
    assert counts == {
        "person": 4, "act": 3, "dispensation": 4, "diagnosis": 1, "result": 1, "vaccine": 1,
        "encounter": 4,
    }  # fmt: skip
    assert counted(
        tmp_path / "am", "diabete", "urgences", "diabete-amputations", "diabete-fond-oeil",
        "insuffisance-cardiaque", "sans-medecin-traitant",
    ) == {
        "diabete": (2, 3), "urgences": (1, 3), "diabete-amputations": (1, 2),
        "diabete-fond-oeil": (1, 2), "insuffisance-cardiaque": (1, 3),
        "sans-medecin-traitant": (1, 3),
    }  # fmt: skip


def test_persons_alone_are_a_source(tmp_path: Path) -> None:
    given = folder(tmp_path / "given", prestations="", sejours="")
    assert take_records(given, "am", tmp_path / "am") == {"person": 4}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"personnes": PERSONS.replace("sexe", "genre")}, "personnes.csv, line 1: no column sexe"),
        (
            {"personnes": PERSONS.replace("b;M", "a;M")},
            "personnes.csv, line 3: personne: told twice",
        ),
        ({"personnes": PERSONS.replace("b;M", ";M")}, "personnes.csv, line 3: personne: missing"),
        ({"personnes": PERSONS.replace("b;M", "b;X")}, "personnes.csv, line 3: sexe: F or M"),
        ({"personnes": PERSONS.replace("1970-03", "1970-13")}, "line 4: naissance: no month"),
        ({"personnes": PERSONS.replace("2020-01-01", "1/1/20")}, "line 4: deces: no day"),
        ({"prestations": CLAIMS.replace("2026-02-05", "2026-02-30")}, "line 3: jour: no day"),
        ({"prestations": CLAIMS.replace("2026-02-05", "")}, "line 3: jour: missing"),
        ({"prestations": CLAIMS.replace("acte;", "geste;")}, "line 8: nature: one of acte"),
        ({"prestations": CLAIMS.replace("6,4", "six")}, "line 7: valeur: no number"),
        ({"prestations": CLAIMS.replace("BGQP007", "<b>")}, "line 8: code: no code"),
        ({"prestations": CLAIMS + "e;2026-01-01;;acte;X;;;"}, "line 10: personne: nobody of"),
        ({"sejours": STAYS.replace("2026-01-12", "2026-01-09")}, "line 2: sortie: before entree"),
        ({"sejours": STAYS.replace("urgences", "x")}, "line 4: nature: one of hospitalisation"),
        ({"sejours": STAYS.replace("I50.0", "I 50")}, "line 2: diagnostic: no code"),
        ({"sejours": STAYS + "a;2026-01-01\n"}, "sejours.csv"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_nothing_is_written(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    given = folder(tmp_path / "given", **change)
    with pytest.raises(InvalidRequest) as error:
        take_records(given, "am", tmp_path / "am")
    assert said in error.value.message
    assert not (tmp_path / "am").exists()


def test_the_command_takes_them_in_and_keeps_what_was_there_when_they_are_wrong(
    tmp_path: Path,
) -> None:
    settings = read_settings({}, data=str(tmp_path / "data"))
    home = home_of(settings)
    write_areas(home)
    parser = argparse.ArgumentParser()
    add_population_options(parser)

    def run(given: Path) -> None:
        population_commands.run(parser.parse_args(["source", str(given), "--name", "am"]), settings)

    run(folder(tmp_path / "good"))
    assert home.sources() == ["am"]
    assert Computing(DuckEngine(), home.facts).sources() == {"am": 4}
    with pytest.raises(InvalidRequest):
        run(folder(tmp_path / "bad", sejours=STAYS.replace("urgences", "x")))
    with pytest.raises(InvalidRequest):
        run(folder(tmp_path / "empty", personnes="", prestations="", sejours=""))
    assert home.sources() == ["am"]
    assert Computing(DuckEngine(), home.facts).sources() == {"am": 4}
