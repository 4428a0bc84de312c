"""Figures of identities by structure and month, on the screen and as CSV. Requirement A1.11."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.runtime.french import MONTHS
from cordee.web.identity.entrance import cell, desk_of
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE = "identity/templates/figures.html"
_TEN_THOUSAND = 10_000
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """One structure in one month."""

    month: date
    structure: str
    files: int
    qualified: int
    provisional_old: int
    duplicates: int
    collisions: int

    @property
    def month_name(self) -> str:
        """`novembre 2026`."""
        return f"{MONTHS[self.month.month - 1]} {self.month.year}"

    @property
    def qualified_share(self) -> str:
        """Qualified identities in a hundred."""
        return _share(self.qualified, self.files, _PERCENT)

    @property
    def old_share(self) -> str:
        """Provisional identities older than seven days in a hundred."""
        return _share(self.provisional_old, self.files, _PERCENT)

    @property
    def duplicates_rate(self) -> str:
        """Likely duplicates in ten thousand files."""
        return _share(self.duplicates, self.files, _TEN_THOUSAND)


async def show(request: Request) -> Response:
    """Give the figures."""
    rows = await _rows(request)
    return page(request, TEMPLATE, rows=rows)


async def export(request: Request) -> Response:
    """Give the same as CSV, for a spreadsheet."""
    rows = await _rows(request)
    head = (
        _("mois"), _("structure"), _("dossiers"), _("% qualifiées"),
        _("% provisoires de plus de 7 jours"), _("doublons pour 10 000"), _("collisions"),
    )  # fmt: skip
    lines = [
        (
            one.month.isoformat()[:7], one.structure, one.files, one.qualified_share,
            one.old_share, one.duplicates_rate, one.collisions,
        )
        for one in rows
    ]  # fmt: skip
    return spreadsheet("identites.csv", head, lines)


async def _rows(request: Request) -> Sequence[Figures]:
    account, desk = cell(request), desk_of(request)
    return [_figures(one) for one in await desk.worklist.months(account.principal)]


def _figures(row: dict[str, Any]) -> Figures:
    name = row["name"] or row["structure"].removeprefix("Organization/") or _("sans structure")
    return Figures(
        row["month"], name, row["files"], row["qualified"], row["provisional_old"],
        row["duplicates"], row["collisions"],
    )  # fmt: skip


def _share(part: int, whole: int, of: int) -> str:
    return f"{part * of / whole:.1f}".replace(".", ",") if whole else "0,0"


routes = [
    Route("/identites/indicateurs", show, methods=["GET"]),
    Route("/identites/indicateurs.csv", export, methods=["GET"]),
]
