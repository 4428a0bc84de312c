"""Mandates without a base: the case file, parts, powers, and the ends that law and life give."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cordee.access.decision import decide
from cordee.access.documents import document_of
from cordee.access.facts import Actor, Power, Request
from cordee.access.mandates.kinds import (
    Mandate,
    MandateKind,
    majority,
    most_powers,
    natural_end,
    role_of,
)
from cordee.access.mandates.parts import (
    EVERYTHING,
    FAMILY,
    OF_NOBODY,
    TYPES_OF,
    every_part,
    opened_document_classes,
    opened_letters,
    part_of,
)
from cordee.access.matrix import Right, catalogue
from cordee.access.purposes import Kind, Purpose
from cordee.access.registers.statements import Visibility
from cordee.fhir.indexing.document_types import classes
from cordee.fhir.indexing.landmarks import CLOSED_TYPES
from cordee.runtime.clock import PARIS

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
ROWS = list(
    csv.DictReader(Path(__file__).with_name("mandate_cases.csv").read_text("utf-8").splitlines())
)
NAMED = {MandateKind.CARER, MandateKind.TRUSTED}


def mandate(kind: MandateKind, **more: Any) -> Mandate:
    told: dict[str, Any] = {
        "id": UUID(int=1), "patient": "p", "kind": kind, "name": "Camille", "bond": "",
        "related": "r", "made": NOW - timedelta(days=2), "made_by": "p",
        "parts": frozenset({EVERYTHING}), "powers": frozenset({Power.READ}),
        "starts": NOW - timedelta(days=1), "ends": None, "agent": "c",
        "accepted": NOW - timedelta(hours=1),
    }  # fmt: skip
    return Mandate(**told | more)


def asked(row: dict[str, str]) -> Request:
    """Somebody with this mandate asks for such a resource of a child."""
    kind = MandateKind(row["kind"])
    resource: dict[str, Any] = {"resourceType": row["resource"], "id": "x"}
    if row["type"]:
        resource["type"] = {"coding": [{"code": row["type"]}]}
    if row["label"]:
        resource["meta"] = {"security": [{"code": row["label"]}]}
    held = mandate(
        kind, parts=frozenset(row["parts"].split()),
        powers=frozenset(Power(one) for one in row["powers"].split()),
    )  # fmt: skip
    relation = held.relation({"birthDate": "2015-01-01"})
    assert relation is not None
    return Request(
        Actor(Kind.CARER if kind in NAMED else Kind.REPRESENTATIVE, "c"),
        Purpose.FAMILY_REQUEST,
        Right(row["right"]),
        NOW,
        (relation,),
        document_of(resource, Visibility()),
    )


@pytest.mark.requirement("A3.3")
@pytest.mark.requirement("A3.6")
@pytest.mark.requirement("A3.7")
@pytest.mark.requirement("A3.12")
@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: "-".join((row["kind"], row["parts"], row["resource"], row["code"]))
)
def test_mandate_case(row: dict[str, str]) -> None:
    decision = decide(asked(row))

    assert decision.code == row["code"], row["reason"]
    assert decision.permitted == row["code"].startswith("as-")
    assert decision.sentence.endswith(".")
    assert decision.status in {200, 404}


def test_cases_cover_every_kind_part_and_power() -> None:
    parts = {part for row in ROWS for part in row["parts"].split()}

    assert {row["kind"] for row in ROWS} == {one.value for one in MandateKind}
    assert {power for row in ROWS for power in row["powers"].split()} == {
        one.value for one in Power
    }
    assert set(TYPES_OF) | {EVERYTHING} <= parts


@pytest.mark.parametrize(
    ("born", "day"),
    [
        ("2008-11-22", "2026-11-22"), ("2008-02-29", "2026-03-01"), ("2004-02-29", "2022-03-01"),
        ("2008-11", None), ("", None), ("x", None),
    ],
)  # fmt: skip
def test_eighteen_is_midnight_in_paris(born: str, day: str | None) -> None:
    found = majority(born)

    assert (found.isoformat() if found else None) == (
        datetime.fromisoformat(day).replace(tzinfo=PARIS).isoformat() if day else None
    )


@pytest.mark.requirement("A3.6")
def test_life_ends_mandates_whatever_was_said() -> None:
    parent, carer = mandate(MandateKind.PARENT), mandate(MandateKind.CARER)
    cases = [
        (parent, {"birthDate": "2015-01-01"}, True),
        (parent, {"birthDate": "2000-01-01"}, False),
        (parent, {"birthDate": "2015"}, False),
        (carer, {"birthDate": "1939"}, True),
        (carer, {"deceasedBoolean": True}, False),
        (carer, {"deceasedBoolean": False}, True),
        (carer, {"deceasedDateTime": "2026-11-21T10:00:00+01:00"}, False),
        (carer, {"deceasedDateTime": "2026-11-23T10:00:00+01:00"}, True),
        (carer, {"deceasedDateTime": "2026-11-20"}, False),
        (carer, {"deceasedDateTime": "2026"}, False),
    ]

    for held, patient, lives in cases:
        relation = held.relation(patient)
        assert relation is not None
        assert relation.lives(NOW) is lives, patient
    assert mandate(MandateKind.CARER, accepted=None).relation({}) is None
    assert natural_end(MandateKind.GUARDIAN, {}) is None


def test_a_mandate_lives_from_its_acceptance_to_its_end() -> None:
    day = timedelta(days=1)
    lives = [
        mandate(MandateKind.CARER, **more).lives(NOW)
        for more in (
            {}, {"accepted": None}, {"ended": NOW}, {"ends": NOW}, {"starts": NOW + day},
            {"ended": NOW + day}, {"ends": NOW + day},
        )
    ]  # fmt: skip

    assert lives == [True, False, False, False, False, True, True]
    assert mandate(MandateKind.CARER, accepted=None).waits(NOW)
    assert not mandate(MandateKind.CARER, accepted=None, ends=NOW).waits(NOW)


def test_who_is_named_or_assists_decides_nothing() -> None:
    weak = {one for one in MandateKind if not {Power.MASK, Power.MANAGE} & most_powers(one)}

    assert weak == {*NAMED, MandateKind.CURATOR}
    assert {role_of(one) for one in MandateKind} == {
        "proche", "personne de confiance", "représentant légal",
    }  # fmt: skip


def test_letters_and_classes_open_what_the_parts_hold() -> None:
    """Every closed type is in one part at most; every class opens by its category alone."""
    listed = [kind for kinds in TYPES_OF.values() for kind in kinds]
    letters = opened_letters({"resultats", "synthese"})
    bits = opened_document_classes({"synthese"})
    assert bits is not None
    opened = {code for code, n in classes().items() if bits[n // 8] >> n % 8 & 1}

    assert len(listed) == len(set(listed))
    assert not set(CLOSED_TYPES) & OF_NOBODY
    assert (letters["Observation"], letters["Condition"], letters["Practitioner"]) == (
        "rs",
        "",
        "rs",
    )
    assert (letters["DocumentReference"], letters["Binary"], letters["Task"]) == ("rs", "", "")
    assert set(opened_letters({EVERYTHING}).values()) == {"rs"}
    assert opened == {code for code, c in catalogue().category_of.items() if c == "synthese"}
    assert opened_document_classes({EVERYTHING}) is None
    assert bits[0] & 1 and not bits[127 // 8] >> 127 % 8 & 1
    assert every_part() == {*FAMILY, *TYPES_OF, *catalogue().categories}
    assert part_of({"resourceType": "DocumentReference"}) == ""
    assert part_of({"resourceType": "Provenance"}) == "reste"
