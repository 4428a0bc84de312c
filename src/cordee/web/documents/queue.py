"""The repair queue of a structure: deposits that the DMP refused, tried again or given up.

Requirement A3.8.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.documents.depositing import PAGE, REFUSED, STATES
from cordee.care.documents.ports import REASONS
from cordee.care.record.traits import read_traits
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.documents.entrance import depositor, desk_of
from cordee.web.documents.words import ACTS, LEVELS, type_label
from cordee.web.documents.words import STATES as STATE_WORDS
from cordee.web.forms import Form, read_form
from cordee.web.identity.words import named
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "documents/templates/queue.html"
PATH: Final = "/depots-dmp"
_MOST: Final = 10_000
_LONGEST_NUMBER: Final = 15
_WAITS: Final = ("waiting", REFUSED)


@dataclass(frozen=True, slots=True)
class DepositRow:
    """One deposit; `person` is None for who is no more open to the reader."""

    number: int
    act: str
    type: str
    patient: str
    person: Person | None
    asked: str
    asked_by: str
    state: str
    level: str
    reason: str
    tries: int
    tried: str
    motive: str
    href: str
    waits: bool


async def show(request: Request) -> Response:
    """Give the queue, by state."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Try a deposit again, or give it up with its motive."""
    form = await read_form(request)
    account, desk = depositor(request), desk_of(request)
    number = _number(form["depot"])
    try:
        if form["geste"] == "relancer":
            await desk.deposits.try_again(account.principal, number)
        else:
            await desk.deposits.give_up(account.principal, number, form["motif"])
    except RuleBroken as error:
        form.errors[f"motif-{number}"] = error.message
        return await _page(request, form, status=422)
    return RedirectResponse(f"{PATH}#depots", status_code=303)


async def export(request: Request) -> Response:
    """Give the deposits of a state as CSV, without any name; what is not open says no file."""
    account, desk = depositor(request), desk_of(request)
    rows = await desk.deposits.queue(account.principal, [_state(request)], None, _MOST)
    people = await _people(request, [str(row["patient"]) for row in rows])
    head = (
        _("dépôt"), _("geste"), _("type"), _("dossier"), _("demandé le"), _("par"), _("état"),
        _("code"), _("raison"), _("essais"), _("motif d’abandon"),
    )  # fmt: skip
    lines = [
        (
            row["n"], ACTS[row["act"]],
            *((type_label(row["type"]), row["patient"]) if row["patient"] in people else ("", "")),
            row["asked"].astimezone(PARIS).isoformat(timespec="minutes"), row["asked_by"],
            STATE_WORDS[row["state"]], row["code"], _reason(row), row["tries"], row["motive"],
        )
        for row in rows
    ]  # fmt: skip
    return spreadsheet("depots-dmp.csv", head, lines)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk = depositor(request), desk_of(request)
    state = _state(request)
    before = request.query_params.get("avant", "")
    start = int(before) if _is_number(before) else None
    found = await desk.deposits.queue(account.principal, [state], start, PAGE + 1)
    people = await _people(request, [str(row["patient"]) for row in found[:PAGE]])
    names = await named(request.app.state.ports.accounts, [row["asked_by"] for row in found])
    counts = await desk.deposits.counts(account.principal)
    values: dict[str, Any] = {
        "form": form,
        "rows": [_row(row, people, names) for row in found[:PAGE]],
        "state": state,
        "states": [(one, STATE_WORDS[one], counts.get(one)) for one in STATES],
        "older": f"{PATH}?etat={state}&avant={found[PAGE - 1]['n']}" if len(found) > PAGE else "",
        "export": f"{PATH}.csv?etat={state}",
        "is_connected": desk.deposits.is_connected,
    }
    return page(request, TEMPLATE, status=status, **values)


async def _people(request: Request, patients: list[str]) -> dict[str, Person]:
    """Who the deposits are about, for those whose record is still open to the reader."""
    desk, principal = desk_of(request), depositor(request).principal
    today = request.app.state.settings.clock().date()
    wanted = list(dict.fromkeys(patients))
    found = await asyncio.gather(*(desk.intake.patient(principal, one) for one in wanted))
    return {
        name: describe(read_traits(one), today)
        for name, one in zip(wanted, found, strict=True)
        if one is not None
    }


def _row(row: Any, people: dict[str, Person], names: dict[str, str]) -> DepositRow:
    tried = row["tried"]
    return DepositRow(
        number=row["n"],
        act=ACTS[row["act"]],
        type=type_label(row["type"]) if row["patient"] in people else "",
        patient=row["patient"],
        person=people.get(row["patient"]),
        asked=row["asked"].astimezone(PARIS).isoformat(),
        asked_by=names[row["asked_by"]],
        state=STATE_WORDS[row["state"]],
        level=LEVELS[row["state"]],
        reason=_reason(row),
        tries=row["tries"],
        tried=tried.astimezone(PARIS).isoformat() if tried else "",
        motive=row["motive"],
        href=f"/patients/{row['patient']}/documents/{row['document']}",
        waits=row["state"] in _WAITS,
    )


def _reason(row: Any) -> str:
    return str(row["sentence"] or REASONS.get(row["code"], row["code"]))


def _state(request: Request) -> str:
    told = request.query_params.get("etat", "")
    return told if told in STATES else REFUSED


def _number(text: str) -> int:
    if not _is_number(text):
        raise NotFound("there is no such deposit")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
