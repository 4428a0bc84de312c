"""Open files: small ones read by hand, bad ones refused with their place, public ones as they are."""

from __future__ import annotations

import csv
import io
import json
import lzma
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cordee.population.areas.files import Folder
from cordee.population.asking import OpenQuestion
from cordee.population.elsewhere import Elsewhere, OpenReading, OpenRow, standardised
from cordee.population.home import Home
from cordee.population.indicators.definition import indicator
from cordee.population.overlays import Overlays
from cordee.population.reading import Reading, Row
from cordee.population.sources import places, prevalence
from cordee.population.sources.description import Description, known, read, shipped
from cordee.population.sources.offer import Density, Establishment, Way
from cordee.population.sources.places import Departement
from cordee.population.sources.prevalence import EVERY, Cell
from cordee.population.sources.store import CELLS, DENSITIES, DEPARTEMENTS, ESTABLISHMENTS, WAYS
from cordee.population.sources.taking import take
from cordee.population.statistics.standardising import Count
from cordee.runtime.errors import InvalidRequest, NotFound
from shared_data import shared

AMELI = "annee;patho_niv1;patho_niv2;patho_niv3;top;cla_age_5;sexe;region;dept;Ntop;Npop"
SUMMED = "annee,dept,libelle_classe_age,patho_niv1,Npop,Ntop"
FILE = "sante-open-data/pathologies_occitanie_2015-2022.csv.xz"


def written(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def described(name: str) -> Description:
    return shipped()[name]


def test_each_format_says_where_it_comes_from() -> None:
    for one in shipped().values():
        assert all((one.name, one.date, one.origin, one.licence, one.files)), one.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = ", "no TOML"),
        ('id = "a"', "kind: missing"),
        ('id="a"\nkind="x"\nname="n"\nfiles=[]\ndate="d"\norigin="o"\nlicence="l"', "kind: one of"),
        ('id="a"\ncolour="x"', "colour: not known"),
    ],
)
def test_a_description_that_says_too_little_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        read(text)


def test_a_cell_that_is_empty_is_not_published_and_a_total_is_no_departement(
    tmp_path: Path,
) -> None:
    path = written(
        tmp_path, "effectifs.csv", AMELI,
        "2022;Diabète;;;DIA_CAT_CAT;45-49;2;76;09;;1200",
        "2022;Diabète;Type 2;Type 2;DIA_T2;95et+;9;76;09;20;400",
        "2022;Diabète;;;DIA_CAT_CAT;tsage;1;76;999;900;9000",
    )  # fmt: skip
    told = prevalence.published(path, described("effectifs-ameli"))
    assert tuple(told.cells) == (
        Cell(2022, "Diabète", "female", "09", "76", 45, None, 1200),
        Cell(2022, "Diabète > Type 2", "all", "09", "76", 95, 20, 400),
    )


def test_sums_of_both_sexes_are_undone_and_what_cannot_be_is_not_read(tmp_path: Path) -> None:
    path = written(
        tmp_path, "pathologies_x_2022.csv", SUMMED,
        "2022,9,tous âges,Diabète,400,40.0", "2022,9,tous âges,Asthme,400,60.0",
        "2022,9,tous âges,Cancers,5200,90.0", "2022,9,de 0 à 4 ans,Asthme,80,20.0",
        "2022,9,de 0 à 4 ans,Diabète,40,10.0", "2022,9,plus de 95 ans,Diabète,20,10.0",
        "2022,9,plus de 95 ans,Cancers,260,10.0",
    )  # fmt: skip
    told = prevalence.summed(path, described("pathologies-departement"))
    assert told.unreadable == ("Cancers",)
    found = {(one.group, one.band): (one.cases, one.people) for one in told.cells}
    assert found == {
        ("Diabète", EVERY): (20, 200), ("Asthme", EVERY): (30, 200), ("Asthme", 0): (10, 40),
        ("Diabète", 0): (None, 40), ("Diabète", 95): (5, 10),
    }  # fmt: skip
    assert {one.departement for one in told.cells} == {"09"}


WRONG = [
    ("effectifs.csv", [AMELI.replace(";Npop", "")], "line 1: no column Npop"),
    ("effectifs.csv", [AMELI, "2022;D;;;T;00-04;9;76;09;x;10"], "line 2, column Ntop: no number"),
    ("effectifs.csv", [AMELI, "2022;D;;;T;00-04;9;76;09;11;10"], "column Ntop: more cases"),
    ("effectifs.csv", [AMELI, "2022;D;;;T;00-04;9;76;09;-1;10"], "column Ntop: no number that"),
    ("effectifs.csv", [AMELI, "2022;D;;;T;00-04;9;76;09;nan;10"], "column Ntop: no number that"),
    ("effectifs.csv", [AMELI, "2022;D;;;T;07-11;9;76;09;;10"], "column cla_age_5: no age"),
    ("effectifs.csv", [AMELI, "2022;D;;;T;00-04;3;76;09;;10"], "column sexe: none of"),
    ("effectifs.csv", [AMELI, "22;D;;;T;00-04;9;76;09;;10"], "column annee: no year"),
    ("effectifs.csv", [AMELI, "2022;D;;;T;00-04;9;76;09;"], "line 2, column Npop: the row ends"),
    ("effectifs.csv", [AMELI, "2022;D;;;T;00-04;9;76;09;;1;2"], "line 2, column 12: the head"),
    ("pathologies_a_1.csv", [SUMMED, "2022,9,de trois ans,D,10,1"], "libelle_classe_age: no age"),
    ("pathologies_a_1.csv", [SUMMED, "2022,,tous âges,D,10,1"], "column dept: nothing is told"),
    ("departements.json", ['{"code": "09"}'], "no list of records"),
    ("departements.json", ['[{"code": "09", "nom": "A"}]'], "record 1: no column region"),
    ("departements.json", ["[3]"], "record 1: no record"),
    ("departements.json", ["["], "departements.json: "),
    ("epci.json", ['[{"code": "1", "nom": "A", "membres": 3}]'], "column membres: no list"),
    ("communes-09.geojson", ["{}"], "no FeatureCollection"),
    (
        "communes-09.geojson",
        ['{"features": [{"properties": {"code": "1"}, "geometry": {"type": "Point"}}]}'],
        "feature 1, column geometry: no polygon",
    ),
    ("communes-09.geojson", ['{"features": [3]}'], "feature 1: no properties"),
    *(
        (
            "communes-09.geojson",
            [
                '{"features": [{"properties": {"code": "1"}, "geometry":'
                f' {{"type": "Polygon", "coordinates": {coordinates}}}}}]}}'
            ],
            "feature 1, column geometry: its coordinates",
        )
        for coordinates in ("3", "[]", "[[[1, 2], [3, 4]]]", '[[["a", 2], [3, 4], [5, 6]]]')
    ),
]


@pytest.mark.parametrize(("name", "lines", "said"), WRONG)
def test_a_bad_file_is_refused_with_its_place_and_nothing_is_kept(
    tmp_path: Path, name: str, lines: list[str], said: str
) -> None:
    home = Home(tmp_path / "home")
    folder = tmp_path / "files"
    folder.mkdir()
    written(folder, "effectifs_ameli.csv", AMELI, "2022;D;;;T;00-04;9;76;09;20;40")
    written(folder, name, *lines)
    with pytest.raises(InvalidRequest, match=said) as refused:
        take(folder, home.open)
    assert name in refused.value.message
    assert home.open.taken() == []


def test_a_packed_file_that_is_cut_is_refused(tmp_path: Path) -> None:
    whole = lzma.compress((AMELI + "\n" + "2022;D;;;T;00-04;9;76;09;20;40\n" * 900).encode())
    (tmp_path / "effectifs.csv.xz").write_bytes(whole[:-20])
    with pytest.raises(InvalidRequest, match=r"effectifs\.csv\.xz, after line"):
        take(tmp_path, Home(tmp_path / "home").open)


def test_a_folder_without_a_known_file_is_said(tmp_path: Path) -> None:
    written(tmp_path, "other.csv", "a")
    with pytest.raises(NotFound):
        take(tmp_path, Home(tmp_path / "home").open)
    with pytest.raises(InvalidRequest, match="no folder"):
        take(tmp_path / "none", Home(tmp_path / "home").open)


def test_a_format_takes_the_place_of_itself_and_of_no_other(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    line = "2022;Diabète;;;D;00-04;9;76;{};20;90"
    for at, lines in enumerate(([line.format("09"), line.format("11")], [line.format("31")])):
        files = tmp_path / str(at)
        files.mkdir()
        written(files, "effectifs.csv", AMELI, *lines)
        if not at:
            written(files, "pathologies_x_1.csv", SUMMED, "2022,9,tous âges,Diabète,400,40.0")
        take(files, home.open)
    assert sorted((one.departement, one.band) for one in home.open.read(CELLS, Cell)) == [
        ("09", EVERY), ("31", 0),
    ]  # fmt: skip
    assert home.open.sources(CELLS) == ["effectifs-ameli", "pathologies-departement"]


def test_a_bad_line_far_down_leaves_what_was_before(tmp_path: Path) -> None:
    home, files = Home(tmp_path / "home"), tmp_path / "files"
    files.mkdir()
    line = "2022;Diabète;;;D;00-04;9;76;09;20;90"
    written(files, "effectifs.csv", AMELI, line)
    take(files, home.open)
    written(files, "effectifs.csv", AMELI, *[line] * 60_000, line.replace("20;90", "x;90"))
    with pytest.raises(InvalidRequest, match="line 60002, column Ntop"):
        take(files, home.open)
    assert len(home.open.read(CELLS, Cell)) == 1
    assert [one.rows for one in home.open.taken()] == [1]


def test_a_departement_that_is_none_or_elsewhere_is_left_out_and_counted(tmp_path: Path) -> None:
    files, home = tmp_path / "files", Home(tmp_path / "home")
    files.mkdir()
    rows = ["09;20", "20;20", "31;20"]
    lines = [f"2022;Diabète;;;D;00-04;9;{'24' if one[0] == '3' else '76'};{one};90" for one in rows]
    written(files, "effectifs.csv", AMELI, *lines)
    real = [{"code": one, "nom": one, "region": "76"} for one in ("09", "31")]
    written(files, "departements.json", json.dumps(real))
    done = take(files, home.open)
    assert {one["source"]: one["left_out"] for one in done["taken"]} == {
        "departements": 0, "effectifs-ameli": 2,
    }  # fmt: skip
    assert [one.departement for one in home.open.read(CELLS, Cell)] == ["09"]


def test_a_sum_that_counts_people_otherwise_than_it_says_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "pathologies_x_1.csv", SUMMED, "2022,9,tous âges,Diabète,300000,900")
    head = "dept,nom,ensemble_0_19,ensemble_20_39,ensemble_40_59,ensemble_60_74,ensemble_75p,ensemble_total"
    written(
        tmp_path, "population_departement_sexe_age5_1.csv", head, "09,Ariège,20,20,20,20,20,100"
    )
    with pytest.raises(InvalidRequest, match="each is not counted 2 times"):
        take(tmp_path, Home(tmp_path / "home").open)
    written(
        tmp_path, "population_departement_sexe_age5_1.csv", head, "09,Ariège,20,20,20,20,20,200"
    )
    with pytest.raises(InvalidRequest, match="column ensemble_total: its ages make 100"):
        take(tmp_path, Home(tmp_path / "home").open)


def test_figures_stand_on_the_ages_that_all_share_and_who_lacks_most_is_not_told() -> None:
    young, old = ("all", 20), ("all", 70)
    strata = {
        "A": {young: Count(10, 1000), old: Count(200, 1000)},
        "B": {young: Count(30, 3000), old: Count(100, 1000)},
        "C": {young: Count(20, 500)},
    }
    figures, ages, weights = standardised(strata)
    assert ages == (20, 70)
    assert weights == {young: 4000, old: 2000}
    # By hand: A (0.01 × 4000 + 0.2 × 2000) / 6000, B (0.01 × 4000 + 0.1 × 2000) / 6000.
    assert figures["A"].value == pytest.approx(440 / 6000)
    assert figures["B"].value == pytest.approx(240 / 6000)
    assert "C" not in figures
    assert standardised({}) == ({}, (), {})


# The public files as they are.


@pytest.fixture(scope="module")
def france() -> Path:
    return shared("data/07-france")


@pytest.fixture(scope="module")
def home(france: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    found = Home(tmp_path_factory.mktemp("open"))
    take(france, found.open)
    return found


def raw(france: Path, name: str) -> Iterator[dict[str, str]]:
    path = france / name
    body = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    return csv.DictReader(io.StringIO(body.decode("utf-8-sig")))


def test_the_public_files_load_as_they_are(france: Path, home: Home) -> None:
    rows: dict[str, int] = {}
    for one in home.open.taken():
        rows[one.source] = rows.get(one.source, 0) + one.rows
    assert set(rows) == set(shipped())
    assert rows["departements"] == 109
    assert rows["contours-departements"] == 13
    assert rows["contours-communes"] == 4485
    assert rows["distances-urgences"] == len(home.open.read(WAYS, Way)) == 4453
    assert rows["finess"] == len(home.open.read(ESTABLISHMENTS, Establishment)) == 6186
    assert len(home.open.read(DEPARTEMENTS, Departement)) == 109
    # 14 lines of the sample tell of a département that is none, or of another region.
    left = {one.source: one.left_out for one in home.open.taken()}
    assert left["effectifs-ameli"] == 14
    assert known("lexique.md") is None
    told = next(
        one
        for one in home.open.read(DENSITIES, Density, profession="Endocrinologues")
        if one.departement == "31"
    )
    assert (told.count, told.density) == (34, 2.3)
    people = places.people(
        france / "geo/population_departement_sexe_age5_2020.csv",
        described("population-departement"),
    )
    assert people["46"] == 173166


def test_the_region_of_the_files_may_be_taken_in_as_areas(home: Home, tmp_path: Path) -> None:
    areas = Home(tmp_path)
    shutil.copytree(home.open.folder / "areas", areas.folder / "areas")
    geography = areas.geography()
    assert len(geography.communes) == 4445
    assert len(geography.members("departement")) == 13
    foix = next(one for one in geography.communes if one.code == "09122")
    assert (foix.name, foix.departement, foix.rural, foix.quintile) == ("Foix", "09", False, 0)
    assert geography.name("epci", foix.epci) == "CA L'Agglo Foix-Varilhes"
    assert len(areas.areas.contours()) > 4400
    assert any(one.commune == "09122" for one in areas.areas.centres())
    assert all(one.source for one in areas.areas.origins())


def test_the_way_to_emergency_care_of_its_areas_is_near_what_the_file_tells(home: Home) -> None:
    """Our model of distance to the emergency departments of FINESS, beside the kilometres told."""
    files = Folder(home.open.folder / "areas")
    overlays = Overlays(files.geography(), files)
    rows = tuple(Row(code, (code,), (code,), (code,)) for code in ("31", "34", "48"))
    asked = Reading("departement", "standardise", rows, None, 0, None, ("departement",))
    told = overlays.layer("distance", indicator("urgences"), asked).values
    assert told["31"] is not None
    assert told["34"] is not None
    assert told["48"] is not None
    assert 4 < told["34"] < told["48"] < 60
    assert 4 < told["31"] < told["48"]
    assert set(overlays.layer("densite", indicator("urgences"), asked).values.values()) == {None}
    assert set(overlays.layer("precarite", indicator("urgences"), asked).values.values()) == {None}


def reading(home: Home, asked: OpenQuestion) -> tuple[OpenReading, dict[str, OpenRow]]:
    found = Elsewhere(home.open).reading(asked)
    assert found is not None
    return found, {one.code: one for one in found.rows}


def test_diabetes_of_two_departements_as_counted_by_hand(france: Path, home: Home) -> None:
    """Ariège and Haute-Garonne, 2022: the sums of the file by two; ages standardised apart."""
    found, rows = reading(home, OpenQuestion())
    assert found.group.name == "Diabète"
    assert found.asked.year == 2022
    # 20,620 of 311,880 and 137,110 of 2,889,980 in the file, each person counted twice.
    assert (rows["09"].cases, rows["09"].people) == (10310, 155940)
    assert (rows["31"].cases, rows["31"].people) == (68555, 1444990)
    assert rows["09"].crude == pytest.approx(0.0661, abs=5e-5)
    assert rows["31"].crude == pytest.approx(0.0474, abs=5e-5)
    cells: dict[str, dict[str, tuple[float, float]]] = {}
    for one in raw(france, FILE):
        if (one["annee"], one["patho_niv1"]) == ("2022", "Diabète"):
            some = cells.setdefault(one["dept"].zfill(2), {})
            some[one["libelle_classe_age"]] = (float(one["Ntop"]), float(one["Npop"]))
    adult = [f"de {age} à {age + 4} ans" for age in range(25, 95, 5)] + ["plus de 95 ans"]
    assert found.ages == tuple(range(25, 100, 5))
    weights = {age: sum(some[age][1] for some in cells.values()) for age in adult}
    whole = sum(weights.values())
    for code in ("09", "31"):
        by_hand = sum(weights[age] * cells[code][age][0] / cells[code][age][1] for age in adult)
        figure = rows[code].figure
        assert figure is not None
        assert figure.value == pytest.approx(by_hand / whole, rel=1e-12)
        assert figure.low < figure.value < figure.high
    assert found.reference == whole / 2
    told = rows["09"].figure
    assert told is not None
    assert told.value == pytest.approx(0.0795, abs=5e-5)


def test_what_is_not_published_is_none_and_never_zero(home: Home) -> None:
    found, rows = reading(
        home, OpenQuestion("effectifs-ameli:Insuffisance rénale chronique terminale", 2020)
    )
    assert found.ages == (35,)
    told = {code for code, one in rows.items() if one.figure is not None}
    assert told == {"31", "65"}
    assert all(one.cases is None for one in rows.values())
    assert rows["31"].figure is not None
    assert rows["31"].figure.value == pytest.approx(80 / 95670)
    # An establishment of seven départements of thirteen.
    assert rows["65"].establishments is None
    assert rows["31"].establishments == 1933
    nothing, none = reading(home, OpenQuestion(year=2023))
    assert nothing.mean is None
    assert all(one.figure is None and one.crude is None for one in none.values())


def test_groups_that_add_several_levels_up_are_named_and_not_offered(home: Home) -> None:
    found, _ = reading(home, OpenQuestion())
    assert "Cancers" in found.unreadable
    assert not any(one.id == "pathologies-departement:Cancers" for one in found.groups)


def test_the_way_to_emergency_is_the_mean_of_inhabitants(france: Path, home: Home) -> None:
    _, rows = reading(home, OpenQuestion(profession="Endocrinologues"))
    some = [
        (float(one["population"]), float(one["distance_urgence_km"]))
        for one in raw(france, "sante-open-data/distances_communes_urgence_occitanie.csv.xz")
        if one["dep_code"] == "48"
    ]
    by_hand = sum(n * km for n, km in some) / sum(n for n, _ in some)
    assert rows["48"].kilometres == pytest.approx(by_hand)
    assert rows["31"].density == 2.3


@pytest.mark.parametrize(
    "asked",
    [OpenQuestion("none:x"), OpenQuestion(year=1900), OpenQuestion(sex="x"),
     OpenQuestion(profession="Druides")],
)  # fmt: skip
def test_what_cannot_be_asked_of_them_is_refused(home: Home, asked: OpenQuestion) -> None:
    with pytest.raises(InvalidRequest):
        Elsewhere(home.open).reading(asked)


def test_without_open_data_nothing_is_read(tmp_path: Path) -> None:
    assert Elsewhere(Home(tmp_path).open).reading(OpenQuestion()) is None
    assert Elsewhere(Home(tmp_path).open).atlas() is None


def test_the_map_has_the_thirteen_departements(home: Home) -> None:
    atlas = Elsewhere(home.open).atlas()
    assert atlas is not None
    assert len(atlas.paths) == 13
    assert all(path.startswith("M") for path in atlas.paths.values())
