"""A decision of the past is taken again under the rules and the matrix of then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cordee.access import decision as deciding
from cordee.access.codes import Code
from cordee.access.decision import decide
from cordee.access.facts import Actor, Document, Relation, RelationKind, Request
from cordee.access.matrix import Matrix, Right, in_force, shipped_versions
from cordee.access.purposes import Kind, Purpose
from cordee.access.rules import RULES, Answer, Rule

CHANGE = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def asked(at: datetime, versions: tuple[Matrix, ...]) -> Request:
    return Request(
        actor=Actor(Kind.PROFESSIONAL, "u", profession="10"),
        purpose=Purpose.CARE,
        right=Right.READ,
        at=at,
        relations=(Relation(RelationKind.TEAM, datetime(2026, 1, 1, tzinfo=UTC)),),
        document=Document("60591-5", "synthese"),
        matrix=in_force(versions, at),
    )


@pytest.mark.requirement("A3.1")
def test_the_matrix_of_then_decides() -> None:
    closed = Matrix("2026-2", CHANGE, {})
    versions = (*shipped_versions(), closed)

    taken = [decide(asked(CHANGE + hours * HOUR, versions)) for hours in (-1, 0)]

    assert [(one.permitted, one.matrix) for one in taken] == [(True, "2023-1"), (False, "2026-2")]


@pytest.mark.requirement("A3.2")
def test_the_version_of_a_rule_of_then_decides_and_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = next(rule for rule in RULES if rule.id == "matrix-opens")
    second = Rule(first.id, lambda _: Answer(False, Code.MATRIX_CLOSED), version=2, since=CHANGE)
    rules = tuple(
        new
        for rule in RULES
        for new in ((replace(rule, until=CHANGE), second) if rule is first else (rule,))
    )
    monkeypatch.setattr(deciding, "RULES", rules)

    before, after = (decide(asked(CHANGE + hours * HOUR, shipped_versions())) for hours in (-1, 0))

    assert before.permitted
    assert (after.permitted, after.rule, after.version) == (False, "matrix-opens", 2)
    assert after.sentence == "Votre profession n’est pas habilitée pour ce type de document."
    assert after.shown_code == "not-found"
