"""The console of a structure: its agents, who is linked, who waits, who leaves, how far it is."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.principal import AGENTS
from cordee.identity.provisioning.agents import (
    LEFT,
    LINKED,
    STATUSES,
    SUSPENDED,
    UNLINKED,
    Agent,
    Agents,
    Search,
)
from cordee.identity.provisioning.programme import Programme
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound, ProductError
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.rendering import page

TEMPLATE: Final = "hospiconnect/templates/console.html"
PATH: Final = "/hospiconnect"
PAGE: Final = 50
_EVERY: Final = 100_000
WORDS: Final = {
    UNLINKED: _("à rattacher"),
    LINKED: _("rattaché"),
    SUSPENDED: _("suspendu"),
    LEFT: _("sorti"),
}
_HEADINGS: Final = (
    "identifiant_local", "nom", "source_rh", "rpps", "mie", "niveau", "expire", "etat", "compte",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def show(request: Request) -> Response:
    """Give the console: numbers, filter, one page of agents."""
    return await _page(request, Form())


async def export(request: Request) -> Response:
    """Give the agents that the filter finds as CSV."""
    account = _manager(request)
    found, _total = await _agents(request, account).find(_search(request, limit=_EVERY))
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";")
    rows.writerow(_HEADINGS)
    for one in found:
        rows.writerow(map(_cell, _row(one)))
    headers = {"content-disposition": 'attachment; filename="agents.csv"'}
    text = "\ufeff" + out.getvalue()
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


async def act(request: Request) -> Response:
    """Link, suspend, bring back or let go one agent."""
    form = await read_form(request)
    account = _manager(request)
    agents = _agents(request, account)
    try:
        key = int(form["agent"])
        match form["geste"]:
            case "rattacher":
                await agents.link(key, form["compte"])
            case "suspendre":
                await agents.set_active(key, is_active=False)
            case "reprendre":
                await agents.set_active(key, is_active=True)
            case "sortir":
                await agents.leave(key)
            case _:
                raise InvalidRequest("geste: not known")
    except (NotFound, ValueError):
        form.errors["agents"] = _("Ce compte ou cet agent n’existe pas dans la structure")
    except ProductError:
        form.errors["agents"] = _("Le RPPS de l’agent et celui du compte ne sont pas les mêmes")
    if form.errors:
        return await _page(request, form, status=422)
    return RedirectResponse(f"{PATH}#agents", status_code=303)


async def renew(request: Request) -> Response:
    """Six months more for a temporary agent."""
    form = await read_form(request)
    account = _manager(request)
    await _programme(request, account).renew(form["compte"], account.user)
    return RedirectResponse(f"{PATH}#temporaires", status_code=303)


async def aim(request: Request) -> Response:
    """Say the targets of the programme."""
    form = await read_form(request)
    account = _manager(request)
    try:
        linked, federated = int(form["cible-rattaches"]), int(form["cible-federes"])
        consulted = int(form["cible-consultations"]) if form["cible-consultations"] else None
        programme = _programme(request, account)
        await programme.aim(linked, federated, account.user, consulted=consulted)
    except (ValueError, InvalidRequest):
        form.errors["cible-rattaches"] = _("Une cible est un nombre de 0 à 100")
        return await _page(request, form, status=422)
    return RedirectResponse(PATH, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account = _manager(request)
    search = _search(request)
    agents, total = await _agents(request, account).find(search)
    programme = _programme(request, account)
    values: dict[str, Any] = {
        "structure": account.structure, "agents": agents, "total": total, "form": form,
        "search": search, "words": WORDS, "progress": await programme.progress(),
        "unknown": await programme.unknown(), "ending": await programme.ending(),
        "newer": _place(request, search.offset - PAGE) if search.offset else "",
        "older": _place(request, search.offset + PAGE) if search.offset + PAGE < total else "",
        "day": lambda moment: moment.astimezone(PARIS).date().isoformat(),
        "export": str(request.url.replace(path=f"{PATH}/agents.csv", scheme="", netloc="")),
    }  # fmt: skip
    return page(request, TEMPLATE, status=status, **values)


def _manager(request: Request) -> Account:
    """Who manages the agents of their structure; raises `AccessDenied` for anybody else."""
    account = signed_in(request)
    if AGENTS not in account.principal.functions:
        raise AccessDenied("the console is for who manages the agents of a structure")
    return account


def _agents(request: Request, account: Account) -> Agents:
    return Agents(_database(request), account.principal.structure, account.user)


def _programme(request: Request, account: Account) -> Programme:
    return Programme(_database(request), account.principal.structure)


def _database(request: Request) -> Database:
    database: Database | None = request.app.state.ports.provisioning
    if database is None:
        raise NotFound("there is no console here")
    return database


def _search(request: Request, *, limit: int = PAGE) -> Search:
    told = request.query_params
    status = told.get("etat", "")
    start = told.get("debut", "0")
    return Search(
        status=status if status in STATUSES else None,
        words=told.get("mots", "").strip()[:100] or None,
        offset=int(start) if start.isascii() and start.isdecimal() and limit == PAGE else 0,
        limit=limit,
    )


def _place(request: Request, start: int) -> str:
    kept = request.url.include_query_params(debut=max(start, 0))
    return f"{PATH}?{kept.query}"


def _row(one: Agent) -> tuple[str, ...]:
    ends = one.expires.astimezone(PARIS).date().isoformat() if one.expires else ""
    return (
        one.local_id, one.name, one.source, one.rpps or "", one.mie, str(one.level), ends,
        WORDS[one.status], one.login,
    )  # fmt: skip


def _cell(text: str) -> str:
    """No cell is a formula for who opens the file in a spreadsheet."""
    return f"'{text}" if text.startswith(_FORMULA) else text


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}/agents.csv", export, methods=["GET"]),
    Route(f"{PATH}/agents", act, methods=["POST"]),
    Route(f"{PATH}/temporaires", renew, methods=["POST"]),
    Route(f"{PATH}/cibles", aim, methods=["POST"]),
]
