"""The mandates of the demonstration: who of its people acts for whom, and in which parts.

Marc Lefort is the carer of his mother, Mme Morvan; Julie Adam holds the parental authority on Théo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cordee.access.facts import Power
from cordee.access.mandates import register
from cordee.access.mandates.kinds import Mandate, MandateKind
from cordee.access.mandates.parts import DRUGS, EVERYTHING, FAMILY, PLAN, VISITS
from cordee.access.mandates.register import By
from cordee.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class _Given:
    user: str
    patient: str
    related: str
    kind: MandateKind
    name: str
    bond: str
    parts: tuple[str, ...]
    powers: tuple[Power, ...]
    by: str
    proof: str = ""


GIVEN: Final = (
    _Given(
        "marc.lefort", "yvonne-morvan", "yvonne-morvan-p1", MandateKind.CARER, "Marc Lefort",
        "fils", (*FAMILY, VISITS, PLAN, DRUGS, "synthese"), (Power.READ,), "yvonne.morvan",
    ),
    _Given(
        "julie.adam", "theo-adam", "theo-adam-p1", MandateKind.PARENT, "Julie Adam", "mère",
        (EVERYTHING,), (Power.READ, Power.MANAGE), "sophie.mercier", "livret de famille",
    ),
)  # fmt: skip


async def give_mandates(connection: Connection, keys: Callable[[str], int]) -> None:
    """Keeps the mandates of the region; the owner of the database writes them once."""
    at = datetime.now(UTC) - timedelta(days=40)
    for one in GIVEN:
        mandate = Mandate(
            uuid5(NAMESPACE_URL, f"cordee mandate {one.related}"), one.patient, one.kind, one.name,
            one.bond, one.related, at, one.by, frozenset(one.parts), frozenset(one.powers), at,
            None, one.proof, _day(at) if one.proof else None,
        )  # fmt: skip
        await register.add(connection, mandate)
        await register.accept(connection, keys, mandate, By(one.user, at, None))


def _day(moment: datetime) -> date:
    return (moment - timedelta(days=3)).date()
