"""The matrix in words: a table of professions and categories, the cells that differ, proposals."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.access.matrix import CATEGORY, Cell, Matrix, Right, State, catalogue, differences
from cordee.access.registers.matrices import Proposal
from cordee.runtime import french
from cordee.web.language import gettext as _

STATES = {
    State.OPEN: (_("ouvert"), "✓", "settled"),
    State.CLOSED: (_("fermé"), "×", ""),
    State.TO_COMPLETE: (_("à compléter, donc fermé"), "?", "caution"),
}
RIGHTS = {Right.READ: _("lire"), Right.WRITE: _("déposer")}
_NOBODY = (_("fermé : personne n’en a parlé"), "×", "")


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell: words, sign, level."""

    text: str
    sign: str
    level: str
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """One profession, or one type, and its cells in the order of the columns."""

    key: str
    title: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that is not the same in two versions."""

    place: str
    before: str
    after: str
    source: str


@dataclass(frozen=True, slots=True)
class ProposalView:
    """One proposal in words."""

    number: int
    by: str
    role: str
    motive: str
    effective: str
    cells: tuple[Difference, ...]
    verdict: str
    level: str
    waits: bool


def table(matrix: Matrix, right: Right) -> tuple[Row, ...]:
    """Professions by category."""
    kinds, cells = catalogue(), matrix.cells
    return tuple(
        Row(
            code, label,
            tuple(_cell(cells.get((code, CATEGORY + one, right))) for one in kinds.categories),
        )
        for code, label in kinds.professions.items()
    )  # fmt: skip


def types_of(matrix: Matrix, profession: str) -> tuple[Row, ...]:
    """Document types of one profession, to read and to write."""
    kinds = catalogue()
    return tuple(
        Row(
            code, label,
            tuple(
                _cell(matrix.cell(profession, code, kinds.category_of[code], one)) for one in Right
            ),
        )
        for code, label in kinds.documents.items()
    )  # fmt: skip


def compared(before: Matrix | None, after: Matrix) -> tuple[Difference, ...]:
    """What changed from one version to the next."""
    return tuple(
        Difference(
            place(new or old), _state(old), _state(new), new.source if new else ""
        )
        for old, new in differences(before, after)
    )  # fmt: skip


def proposal_view(proposal: Proposal) -> ProposalView:
    """One proposal and what became of it."""
    verdict, level = {
        None: (_("attend l’autre office"), "caution"),
        True: (_("acceptée"), "settled"),
        False: (_("refusée"), ""),
    }[proposal.accepted]
    cells = tuple(
        Difference(place(one), "", STATES[one.state][0], one.source) for one in proposal.cells
    )
    effective = proposal.effective.astimezone(french.PARIS)
    return ProposalView(
        proposal.number, proposal.proposed_by,
        _("DPO") if proposal.proposed_role == "dpo" else _("administration"), proposal.motive,
        f"{french.short_date(effective)} {french.clock(effective)}", cells, verdict, level,
        proposal.accepted is None,
    )  # fmt: skip


def place(cell: Cell | None) -> str:
    """Where a cell stands, in words."""
    if cell is None:
        return ""
    kinds = catalogue()
    profession = kinds.professions.get(cell.profession, cell.profession)
    return f"{profession}, {document_label(cell.document)}, {RIGHTS[cell.right]}"


def document_label(document: str) -> str:
    """The label of a type or of a category."""
    kinds = catalogue()
    if document.startswith(CATEGORY):
        name = document.removeprefix(CATEGORY)
        return _("catégorie %s") % kinds.categories.get(name, name)
    return kinds.documents.get(document, document)


def _cell(cell: Cell | None) -> CellView:
    text, sign, level = STATES[cell.state] if cell else _NOBODY
    return CellView(text, sign, level, cell.source if cell else "")


def _state(cell: Cell | None) -> str:
    return STATES[cell.state][0] if cell else _NOBODY[0]
