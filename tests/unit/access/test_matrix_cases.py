"""The case file of the matrix: each row is a decision that people can read and contest."""

from __future__ import annotations

import csv
from datetime import datetime, time
from pathlib import Path

import pytest

from cordee.access.decision import decide
from cordee.access.facts import Actor, Document, Relation, RelationKind, Request
from cordee.access.matrix import Right, catalogue, in_force, shipped_versions
from cordee.access.purposes import Kind, Purpose
from cordee.runtime.clock import PARIS

ROWS = list(
    csv.DictReader(Path(__file__).with_name("matrix_cases.csv").read_text("utf-8").splitlines())
)


def asked(row: dict[str, str]) -> Request:
    """A member of the care team asks for an ordinary document."""
    at = datetime.combine(datetime.fromisoformat(row["day"]), time(8), PARIS)
    return Request(
        actor=Actor(Kind.PROFESSIONAL, "u", profession=row["profession"]),
        purpose=Purpose.CARE,
        right=Right(row["right"]),
        at=at,
        relations=(Relation(RelationKind.TEAM, start=at),),
        document=Document(row["document"], row["category"]),
        matrix=in_force(shipped_versions(), at),
    )


@pytest.mark.requirement("A3.12")
@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: "-".join((row["profession"], row["document"], row["right"]))
)
def test_matrix_case(row: dict[str, str]) -> None:
    assert decide(asked(row)).code == row["code"], row["reason"]


@pytest.mark.requirement("A3.12")
def test_cases_cover_every_profession_and_category() -> None:
    names = catalogue()

    covered = {(row["profession"], row["category"]) for row in ROWS if row["right"] == "read"}

    assert len(ROWS) >= 200
    assert {(one, two) for one in names.professions for two in names.categories} <= covered


def test_cases_put_documents_where_the_catalogue_does() -> None:
    where = catalogue().category_of

    wrong = [row for row in ROWS if where.get(row["document"], "unknown") != row["category"]]

    assert wrong == []
