"""Which labels a circle does not open, asked of the decision itself."""

from __future__ import annotations

from datetime import date

import pytest

from cordee.access.facts import Confidentiality, RelationKind
from cordee.access.labels import hidden_labels, kind_of, opens
from cordee.access.purposes import Kind
from cordee.identity.principal import Principal

RESTRICTED, VERY_RESTRICTED, MASKED, NOT_FOR_PATIENT, NOT_FOR_PARENTS = 1, 2, 8, 16, 32


@pytest.mark.parametrize(
    ("kind", "mask"),
    [
        (Kind.PROFESSIONAL, MASKED),
        (
            Kind.CARER,
            RESTRICTED | VERY_RESTRICTED | MASKED | NOT_FOR_PATIENT | NOT_FOR_PARENTS,
        ),
        (Kind.PATIENT, NOT_FOR_PATIENT),
        (Kind.SYSTEM, MASKED),
    ],
)  # fmt: skip
def test_mask_of_each_kind_of_actor(kind: Kind, mask: int) -> None:
    assert hidden_labels(kind, date(2026, 11, 22)) == mask


@pytest.mark.parametrize(
    ("role", "entity", "kind"),
    [
        ("system", "", Kind.SYSTEM), ("doctor", "Practitioner/1", Kind.PROFESSIONAL),
        ("secretary", "", Kind.PROFESSIONAL), ("patient", "Patient/1", Kind.PATIENT),
        ("aidante", "RelatedPerson/1", Kind.CARER),
    ],
)  # fmt: skip
def test_kind_is_told_by_whom_the_principal_is(role: str, entity: str, kind: Kind) -> None:
    assert kind_of(Principal("u", "n", role, "", entity, ())) is kind


@pytest.mark.parametrize(
    ("tie", "restricted", "very"),
    [
        (RelationKind.TEAM, True, False), (RelationKind.ATTENDING, True, True),
        (RelationKind.CIRCLE, False, False), (RelationKind.CONSULTATION, True, False),
        (RelationKind.GLASS, True, True),
    ],
)  # fmt: skip
def test_a_nearer_tie_opens_what_is_restricted(
    tie: RelationKind, restricted: bool, very: bool
) -> None:
    day = date(2026, 11, 22)

    assert opens(tie, Confidentiality.NORMAL, day)
    assert opens(tie, Confidentiality.RESTRICTED, day) is restricted
    assert opens(tie, Confidentiality.VERY_RESTRICTED, day) is very
