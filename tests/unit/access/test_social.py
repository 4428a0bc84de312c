"""A profession of the social field opens its cells alone; one of care is not bounded by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cordee.access.decision import decide
from cordee.access.documents import document_of
from cordee.access.facts import Actor, Relation, RelationKind, Request
from cordee.access.matrix import Right, in_force, shipped_versions
from cordee.access.purposes import Kind, Purpose
from cordee.access.registers.statements import Visibility
from cordee.access.social import cells, closed_letters

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
OPEN = {"Appointment", "AppointmentResponse", "CareTeam", "Communication", "RelatedPerson", "Task"}


def asked(profession: str, kind: str) -> Request:
    return Request(
        actor=Actor(Kind.PROFESSIONAL, "u", profession=profession), purpose=Purpose.CARE,
        right=Right.READ, at=NOW, relations=(Relation(RelationKind.TEAM, start=NOW),),
        document=document_of({"resourceType": kind, "id": "1"}, Visibility()),
        matrix=in_force(shipped_versions(), NOW),
    )  # fmt: skip


@pytest.mark.requirement("B7.7")
@pytest.mark.parametrize("kind", sorted(OPEN))
def test_every_social_profession_opens_what_coordination_needs(kind: str) -> None:
    assert {decide(asked(one, kind)).code for one in cells()} == {"as-team"}


@pytest.mark.requirement("B7.7")
@pytest.mark.parametrize(
    "kind",
    ["Observation", "Condition", "Encounter", "MedicationRequest", "CarePlan", "List", "Flag",
     "QuestionnaireResponse", "DocumentReference", "ServiceRequest"],
)  # fmt: skip
def test_health_is_closed_to_the_social_field_in_the_decision_and_in_the_scope(kind: str) -> None:
    for one in cells():
        assert not decide(asked(one, kind)).permitted, one
        letters = closed_letters(one).get(kind)
        assert letters == ("" if kind != "DocumentReference" else None)


def test_professions_of_care_keep_their_letters() -> None:
    assert closed_letters("60") == {}
    request = asked("10", "Observation")
    assert decide(request).permitted
    social = replace(request, actor=replace(request.actor, profession="41"))
    assert not decide(social).permitted
