"""Views against our own FHIRPath: what a column says is what the expression says of each resource."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordee.fhir.path.compiler import compile_path
from cordee.population.engine.duck import DuckEngine
from cordee.population.facts.kinds import definition
from cordee.population.views.compiling import compiled
from cordee.population.views.definition import read
from cordee.population.views.dialects import DUCKDB, SPARK
from cordee.population.views.repeating import DEEPEST
from cordee.runtime.errors import InvalidRequest

PATHS = {
    "id": "id",
    "family": "name.where(use = 'official').family.first()",
    "names": "name.given.count()",
    "known": "name.exists() and birthDate.exists()",
    "adult": "birthDate < @1990-06",
    "either": "gender = 'female' or active",
    "implied": "active implies gender = 'male'",
    "apart": "active xor gender.exists()",
    "dead": "deceased.exists()",
    "since": "deceased.ofType(dateTime) > @2020-01-01T00:00:00Z",
    "twice": "multipleBirth.ofType(integer) * 2 + 1",
    "half": "multipleBirth.ofType(integer) / 2",
    "city": "address[0].city.upper()",
    "postal": "address.postalCode.first().substring(0, 2)",
    "is56": "address.postalCode.where($this.startsWith('56')).exists()",
    "all56": "address.all(postalCode.exists())",
    "phone": "telecom.where(system = 'phone' and use != 'old').value.first()",
    "kind": "iif(active, 'suivi', 'parti')",
    "lives": "address.where(period.end.empty()).city.first()",
    "among": "gender in ('male' | 'other')",
    "joined": "name.first().family & '-' & gender",
}
some = st.sampled_from
MOMENTS = ["1975", "1990-06", "1990-05-31", "1990-06-15", "2001-02-03"]
TIMES = ["2019-12-31T23:59:59Z", "2020-01-01T01:00:00+02:00", "2021-05-05T10:00:00+02:00", "2020"]
names = st.fixed_dictionaries(
    {},
    optional={
        "use": some(["official", "old"]),
        "family": some(["Martin", "Le Goff"]),
        "given": st.lists(some(["Anne", "Léa", "O'Neil"]), min_size=1, max_size=2),
    },
)
addresses = st.fixed_dictionaries(
    {},
    optional={
        "city": some(["Vannes", "Lorient"]),
        "postalCode": some(["56000", "35000"]),
        "period": st.fixed_dictionaries(
            {"start": some(["2010"])}, optional={"end": some(["2020"])}
        ),
    },
)
phones = st.fixed_dictionaries(
    {"system": some(["phone", "email"]), "value": some(["1", "2"])},
    optional={"use": some(["old", "home"])},
)
patients = st.fixed_dictionaries(
    {"resourceType": st.just("Patient"), "id": some(["a", "b"])},
    optional={
        "active": st.booleans(),
        "gender": some(["male", "female"]),
        "birthDate": some(MOMENTS),
        "name": st.lists(names.filter(bool), min_size=1, max_size=3),
        "address": st.lists(addresses.filter(bool), min_size=1, max_size=2),
        "telecom": st.lists(phones, min_size=1, max_size=3),
        "deceasedDateTime": some(TIMES),
        "multipleBirthInteger": st.integers(1, 4),
    },
)
ENGINE = DuckEngine(1)
VIEW = {
    "resource": "Patient",
    "select": [{"column": [{"name": name, "path": path} for name, path in PATHS.items()]}],
}


def said(resource: dict[str, Any], path: str) -> Any:
    found = compile_path(path, "Patient")(resource)
    assert len(found) <= 1
    return None if not found else float(one) if isinstance(one := found[0], Decimal) else one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("views")


def run(folder: Path, resources: list[dict[str, Any]], view: dict[str, Any]) -> list[Any]:
    """The rows of a view over these resources."""
    made = compiled(read(view), DUCKDB)
    file = folder / "resources.ndjson"
    file.write_text("\n".join(map(json.dumps, resources)))
    ENGINE.resources("resources", [file], made.shape)
    found = ENGINE.run(made.sql)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


@settings(max_examples=40)
@given(st.lists(patients, min_size=1, max_size=8))
def test_a_column_says_what_its_path_says(folder: Path, resources: list[dict[str, Any]]) -> None:
    for at, one in enumerate(resources):
        one["id"] = f"p{at}"
    rows = {row["id"]: row for row in run(folder, resources, VIEW)}
    for one in resources:
        wanted = {name: said(one, path) for name, path in PATHS.items()}
        assert rows[one["id"]] == wanted


def test_a_tree_is_followed_and_a_deeper_one_refused_not_cut(folder: Path) -> None:
    def tree(depth: int) -> dict[str, Any]:
        below = {"item": [tree(depth - 1)]} if depth > 1 else {}
        return {"linkId": str(depth), **below}

    view = {
        "resource": "Questionnaire",
        "select": [{"repeat": ["item"], "column": [{"name": "link", "path": "linkId"}]}],
    }
    kind = {"resourceType": "Questionnaire", "id": "q", "status": "draft"}
    rows = run(folder, [kind | {"item": [tree(DEEPEST)]}], view)
    assert [row["link"] for row in rows] == [str(DEEPEST - n) for n in range(DEEPEST)]
    with pytest.raises(InvalidRequest, match="levels deep"):
        run(folder, [kind | {"item": [tree(DEEPEST + 1)]}], view)


def test_several_values_where_one_is_expected_are_refused(folder: Path) -> None:
    patient = {"resourceType": "Patient", "id": "a", "name": [{"family": "A"}, {"family": "B"}]}
    view = {
        "resource": "Patient",
        "select": [{"column": [{"name": "family", "path": "name.family"}]}],
    }
    with pytest.raises(InvalidRequest, match="several items"):
        run(folder, [patient], view)


@pytest.mark.parametrize(
    ("view", "place"),
    [
        ({"resource": "Nothing"}, "ViewDefinition.resource"),
        ({"select": [{"column": [{"name": "1a", "path": "id"}]}]}, "select[0].column[0].name"),
        ({"select": [{"column": [{"name": "a", "path": "nom"}]}]}, "select[0].column[0].path"),
        ({"select": [{"column": [{"name": "a", "path": "name"}]}]}, "select[0].column[0].path"),
        ({"select": [{"column": [{"name": "a", "path": "deceased"}]}]}, "select[0].column[0].path"),
        ({"select": [{"column": [{"name": "a", "path": "id +"}]}]}, "select[0].column[0].path"),
        (
            {"select": [{"forEach": "x", "column": [{"name": "a", "path": "id"}]}]},
            "select[0].forEach",
        ),
        ({"where": [{"path": "name.family"}]}, "where[0].path"),
        ({"constant": [{"name": "a", "valuePeriod": {}}]}, "constant[0].valuePeriod"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(view: dict[str, Any], place: str) -> None:
    whole = {"resource": "Patient", "select": [{"column": [{"name": "id", "path": "id"}]}]} | view
    with pytest.raises(InvalidRequest) as refused:
        compiled(read(whole), DUCKDB)
    assert refused.value.expression[0].endswith(place)


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("encounter", {
            "resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "EMER"},
            "subject": {"reference": "Patient/p"}, "period": {"start": "2026-01-02"},
            "serviceProvider": {"reference": "Organization/chu"},
        }),
        ("request", {
            "resourceType": "ServiceRequest", "id": "r", "status": "active", "intent": "order",
            "subject": {"reference": "Patient/p"}, "authoredOn": "2026-01-02",
            "requester": {"reference": "Organization/chu"},
        }),
    ],
)  # fmt: skip
def test_an_event_tells_the_structure(folder: Path, kind: str, resource: dict[str, Any]) -> None:
    (row,) = run(folder, [resource], definition(kind))
    assert row["place"] == "chu"
    role = "requester" if kind == "request" else "serviceProvider"
    resource[role] = {"reference": "Practitioner/anne"}
    (row,) = run(folder, [resource], definition(kind))
    assert row["place"] is None


@pytest.mark.parametrize("dialect", [DUCKDB, SPARK], ids=["duckdb", "spark"])
def test_no_text_of_a_view_ends_its_quotes(dialect: Any) -> None:
    wild = "a' OR 1=1 --\\' \\\\\" `x` {0}"
    view = {
        "resource": "Patient",
        "constant": [{"name": "c", "valueString": wild}],
        "select": [{"column": [{"name": "a", "path": "id = %c"}, {"name": "b", "path": "%c"}]}],
    }
    sql = compiled(read(view), dialect).sql
    assert dialect.text(wild) in sql
    if dialect is DUCKDB:
        assert ENGINE.run(f"SELECT {dialect.text(wild)}").rows == [(wild,)]
