"""The first change of the matrix that the region of the demonstration decides, in its two offices.

It opens what nobody had filled for the professions of the personas; what a source closes stays so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from cordee.access.matrix import CATEGORY, Cell, Right, State, shipped_versions
from cordee.access.registers import matrices
from cordee.access.registers.matrices import Office
from cordee.runtime.database import Connection

_SOURCE: Final = "Décision fictive de la région de démonstration"
_MOTIVE: Final = "Ouvrir aux équipes de la région les documents de leurs soins"
_DPO: Final = Office("olivier.deschamps", "dpo")
_ADMINISTRATOR: Final = Office("admin", "administrator")
_CARE: Final = (
    "compte-rendu", "synthese", "imagerie", "prescription", "dispensation", "plan-de-soins",
    "traitement", "patient",
)  # fmt: skip
OPENED: Final = {
    "60": _CARE,
    "50": _CARE,
    "21": (
        "compte-rendu", "synthese", "prescription", "dispensation", "plan-de-soins", "traitement",
    ),
    "35": ("synthese", "plan-de-soins", "traitement"),
}  # fmt: skip


def cells() -> tuple[Cell, ...]:
    """The cells that the region fills: of those to complete, the ones that it needs."""
    shipped = shipped_versions()[-1].cells
    found: list[Cell] = []
    for profession, categories in OPENED.items():
        for category in categories:
            known = shipped.get((profession, CATEGORY + category, Right.READ))
            if known is None or known.state is State.TO_COMPLETE:
                found.append(Cell(profession, CATEGORY + category, Right.READ, State.OPEN, _SOURCE))
    return tuple(found)


async def decide_habilitations(connection: Connection) -> None:
    """Proposes and accepts the change, in force from now on; nothing where one stands already."""
    if await matrices.proposals(connection):
        return
    now = datetime.now(UTC)
    number = await matrices.propose(connection, _DPO, cells(), effective=now, motive=_MOTIVE)
    await matrices.settle(connection, number, _ADMINISTRATOR, accepted=True, at=now)
