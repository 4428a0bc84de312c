"""The documents of a record: the tile, the list by category and page. Requirement A3.9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from cordee.access.matrix import catalogue
from cordee.care.documents.depositing import WAITING
from cordee.care.documents.lots import category_of
from cordee.care.documents.tile import Tile, moment_of, read_tile
from cordee.care.record.ports import RecordRows, Resource
from cordee.web.documents.words import LEVELS, OTHERS, REPORTS, category_label, in_dmp
from cordee.web.guarding import reader
from cordee.web.record.view_models import EventRow, RecordView
from cordee.web.stepping.levels import TWO

PAGE: Final = 20
_LONGEST_NUMBER: Final = 6


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One line of the list: `href` opens it, `dmp` and `level` say how far it is with the DMP."""

    event: EventRow
    category: str
    href: str
    why: str
    is_new: bool
    dmp: str
    level: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A category with how many of its documents are there."""

    category: str
    label: str
    count: int


async def document_values(
    request: Request, rows: RecordRows, view: RecordView, section: str
) -> dict[str, Any]:
    """Give the tile for the first page, and the list for the page of documents."""
    if section not in {"synthese", "documents"}:
        return {}
    principal = reader(request).principal
    structure = str(getattr(principal, "structure", ""))
    tile = read_tile(rows, structure, request.app.state.settings.clock())
    told: dict[str, Any] = {"tile": tile, "tile_is_weak": getattr(principal, "level", TWO) < TWO}
    if section == "synthese":
        return told
    states = await _states(request)
    found = _rows(rows, view, tile, states)
    may_deposit = _may_deposit(request)
    desk = request.app.state.ports.documents
    told |= {
        "may_deposit": may_deposit,
        "reads_dmp": may_deposit and desk.deposits.is_connected,
    }
    return told | _page(request, found)


def _may_deposit(request: Request) -> bool:
    account = reader(request)
    return request.app.state.ports.documents is not None and not account.is_patient


async def _states(request: Request) -> Mapping[str, Mapping[str, Any]]:
    desk = request.app.state.ports.documents
    return await desk.deposits.states(request.path_params["patient_id"]) if desk else {}


def _rows(
    rows: RecordRows, view: RecordView, tile: Tile, states: Mapping[str, Mapping[str, Any]]
) -> list[DocumentRow]:
    by_id = {f"{row.get('resourceType')}/{row.get('id')}": row for row in rows.documents}
    base = f"/patients/{view.person.patient_id}"
    found: list[DocumentRow] = []
    for event in view.documents.items:
        kind = "DiagnosticReport" if event.kind == "report" else "DocumentReference"
        key = event.identifier.partition("-")[2]
        row: Resource = by_id.get(f"{kind}/{key}", {})
        state = states.get(key, {}) if kind == "DocumentReference" else {}
        moment = moment_of(row.get("date"))
        found.append(
            DocumentRow(
                event=event,
                category=_category(kind, row),
                href=f"{base}/documents/{key}" if kind == "DocumentReference" else "",
                why=f"{base}/pourquoi?element={kind}/{key}",
                is_new=bool(tile.since and moment and moment > tile.since),
                dmp=in_dmp(state.get("act", ""), state.get("state", "")),
                level=LEVELS.get(state.get("state", WAITING), ""),
            )
        )
    return found


def _category(kind: str, row: Resource) -> str:
    if kind == "DiagnosticReport":
        return REPORTS
    return category_of(dict(row)) or OTHERS


def _page(request: Request, found: Sequence[DocumentRow]) -> dict[str, Any]:
    """One page of one category, with what leads to the others."""
    asked = request.query_params.get("categorie", "")
    order = [*catalogue().categories, REPORTS, OTHERS]
    filters = [
        Filter(one, category_label(one), count)
        for one in order
        if (count := sum(row.category == one for row in found))
    ]
    chosen = asked if asked in {one.category for one in filters} else ""
    kept = [row for row in found if chosen in ("", row.category)]
    pages = max(1, -(-len(kept) // PAGE))
    told = request.query_params.get("page", "1")
    is_number = told.isascii() and told.isdecimal() and len(told) <= _LONGEST_NUMBER
    number = min(max(int(told), 1), pages) if is_number else 1
    first = (number - 1) * PAGE
    base = f"{request.url.path}?" + (f"categorie={chosen}&" if chosen else "")
    return {
        "documents": kept[first : first + PAGE],
        "filters": filters,
        "chosen": chosen,
        "total": len(found),
        "kept": len(kept),
        "first": first + 1,
        "last": min(first + PAGE, len(kept)),
        "older": f"{base}page={number + 1}" if number < pages else "",
        "newer": f"{base}page={number - 1}" if number > 1 else "",
    }
