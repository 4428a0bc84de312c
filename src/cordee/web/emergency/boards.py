"""The board of an emergency department, on a desk and on a wall. C4.1."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.web.emergency.entrance import rooms_of
from cordee.web.emergency.views import Row, board_rows, figures
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.rendering import fragment, page, wants_fragment
from cordee.web.sheets import spreadsheet

BOARD: Final = "emergency/templates/board.html"
WALL: Final = "emergency/templates/wall.html"
FILTERS: Final = ("attente", "homonymes", "retard")


async def board(request: Request) -> Response:
    """Give who is expected and who is here; also as CSV."""
    values = await _values(request)
    if request.url.path.endswith(".csv"):
        return _sheet(values)
    chosen = request.query_params.get("vue", "")
    chosen = chosen if chosen in FILTERS else ""
    rows: list[Row] = values["here"]
    kept = [one for one in rows if _is_kept(one, chosen)]
    values |= {"here": kept, "hidden": len(rows) - len(kept), "chosen": chosen}
    if wants_fragment(request):
        return fragment(request, BOARD, "board", **values)
    return page(request, BOARD, **values)


async def wall(request: Request) -> Response:
    """Give the board for a screen on a wall: no name, no motive."""
    values = await _values(request)
    if wants_fragment(request):
        return fragment(request, WALL, "board", **values)
    return page(request, WALL, **values)


async def _values(request: Request) -> dict[str, Any]:
    account, rooms = caregiver(request), rooms_of(request)
    now = request.app.state.settings.clock()
    stays, own = await asyncio.gather(
        rooms.stays.board(account.principal), rooms.capacities.own(account.principal)
    )
    coming, here = board_rows(stays, now)
    return {
        "coming": coming, "here": here, "all_here": len(here), "place": account.structure,
        "figures": figures(stays, own, now), "tension": own,
    }  # fmt: skip


def _is_kept(row: Row, chosen: str) -> bool:
    if chosen == "attente":
        return not row.doctor
    if chosen == "homonymes":
        return row.person.is_homonym or bool(row.may_be)
    return chosen != "retard" or row.is_late


def _sheet(values: dict[str, Any]) -> Response:
    head = [
        _("Liste"), _("Box"), _("Nom"), _("Né(e) le"), _("CCMU"), _("Arrivée"), _("Motif"),
        _("Étape"), _("Médecin"), _("Suite"),
    ]  # fmt: skip
    table = [
        [
            label, one.box, f"{one.person.birth_name} {one.person.first_name}", one.person.born,
            one.ccmu, one.since, one.motive, one.step, one.doctor, one.plan,
        ]
        for label, rows in ((_("Attendus"), values["coming"]), (_("Présents"), values["here"]))
        for one in rows
    ]  # fmt: skip
    return spreadsheet("urgences.csv", head, table)
