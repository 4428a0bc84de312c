"""The running files of a team by coordinator, with their weight; given to a colleague. B4.11."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.caseload.desk import CODE, MOST, Caseload, File, loads, state_label
from cordee.care.caseload.weights import ADJUST, FURTHEST
from cordee.care.record.traits import read_traits
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, state_of
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken, VersionConflict
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.telling import DueView, due_view

TEMPLATE: Final = "dac/templates/files.html"
NOBODY: Final = "personne"
_TICKED: Final = "dossier-"
_MANY: Final = 20
"""Files of a page: a form has at most fifty fields."""


@dataclass(frozen=True, slots=True)
class FileView:
    """One file in words."""

    key: str
    href: str
    person: Person
    what: str
    state: str
    due: DueView | None
    name: str
    weight: int
    adjusted: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class LoadView:
    """The load of somebody, and where their files are listed."""

    name: str
    href: str
    files: int
    weight: int
    late: int
    is_current: bool


async def show(request: Request) -> Response:
    """Give the loads and the files of the chosen coordinator; also as CSV."""
    return await _page(request, Form())


async def change(request: Request) -> Response:
    """Give the ticked files to a colleague, or adjust a weight; what was typed stays."""
    sent = await read_form(request)
    principal, now = asker(request).principal, _now(request)
    chosen = [one.removeprefix(_TICKED) for one, text in sent.values.items()
              if one.startswith(_TICKED) and text]  # fmt: skip
    try:
        if sent["geste"] == "confier":
            await _desk(request).give(principal, chosen, sent["a"], sent["pourquoi"], now)
        else:
            by, why = _adjusted(sent), sent["pourquoi-poids"]
            await _desk(request).weigh(principal, sent["geste"], by, why, now)
    except VersionConflict:
        sent.errors["a"] = _("Un de ces dossiers vient de changer : recommencez.")
        return await _page(request, sent, status=409)
    except (RuleBroken, AccessDenied) as error:
        sent.errors["a" if sent["geste"] == "confier" else "poids"] = error.message
        return await _page(request, sent, status=422)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/file-active{query}", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk, now = asker(request), _desk(request), _now(request)
    files, known = await asyncio.gather(
        desk.files(account.principal), desk.coordinators(account.principal)
    )
    own = account.principal.practitioner
    has_own = any(one.coordinator == own for one in files)
    chosen = request.query_params.get("suivi", own if has_own else "tous")
    if chosen not in {*known, NOBODY, "tous"}:
        chosen = "tous"
    kept = [one for one in files if chosen in {"tous", one.coordinator or NOBODY}]
    views = [_view(one, form, now) for one in kept]
    if request.url.path.endswith(".csv"):
        return _sheet(views)
    asked = request.query_params.get("page", "1")
    number = max(1, int(asked)) if asked.isdecimal() else 1
    first = (number - 1) * _MANY
    values: dict[str, Any] = {
        "form": form,
        "place": account.structure,
        "loads": _loads(files, known, chosen, now),
        "files": views[first : first + _MANY],
        "newer": _address(chosen, number - 1) if number > 1 else "",
        "older": _address(chosen, number + 1) if first + _MANY < len(views) else "",
        "all_files": len(views),
        "total": len(files),
        "is_full": len(files) >= MOST,
        "people": list(known.items()),
        "furthest": FURTHEST,
        "export": "/file-active.csv?" + urlencode({"suivi": chosen}),
        "chosen": chosen,
    }
    return page(request, TEMPLATE, status=status, **values)


def _address(chosen: str, number: int) -> str:
    return "/file-active?" + urlencode({"suivi": chosen, "page": number})


def _loads(files: Sequence[File], known: Any, chosen: str, now: datetime) -> list[LoadView]:
    found = [
        LoadView(
            one.name or _("À confier"), "/file-active?" + urlencode(
                {"suivi": one.reference or NOBODY}
            ),
            one.files, one.weight, one.late, (one.reference or NOBODY) == chosen,
        )
        for one in loads(files, known, now)
    ]  # fmt: skip
    everybody = LoadView(
        _("Toute l’équipe"), "/file-active?suivi=tous", len(files),
        sum(one.weight for one in files),
        sum(one.due is not None and one.due.at < now for one in files), chosen == "tous",
    )  # fmt: skip
    return [everybody, *found]


def _view(file: File, form: Form, now: datetime) -> FileView:
    task, machine = file.task, machines()[CODE]
    facts = facts_of(task)
    person = describe(read_traits(file.patient), now.date())
    motive = machine.facts["motive"].choices.get(str(facts.get("motive", "")), "")
    return FileView(
        key=file.key,
        href=f"/patients/{person.patient_id}/demandes/{file.key}",
        person=person,
        what=_(motive) if motive else "",
        state=_(state_label(task)),
        due=due_view(machine, state_of(task), file.due, now),
        name=file.name,
        weight=file.weight,
        adjusted=int(facts.get(ADJUST, 0)),
        is_chosen=bool(form[_TICKED + file.key]),
    )


def _sheet(views: Sequence[FileView]) -> Response:
    head = [
        _("Personne"), _("Né(e) le"), _("Motif"), _("État"), _("Suivi par"), _("Poids"),
        _("À faire"), _("Échéance"), _("En retard"),
    ]  # fmt: skip
    rows = [
        [
            f"{one.person.birth_name} {one.person.first_name}", one.person.born, one.what,
            one.state, one.name, one.weight, one.due.label if one.due else "",
            one.due.at if one.due else "", _("oui") if one.due and one.due.level else "",
        ]
        for one in views
    ]  # fmt: skip
    return spreadsheet("file-active.csv", head, rows)


def _adjusted(form: Form) -> int:
    try:
        return int(form["poids-" + form["geste"]] or 0)
    except ValueError as error:
        raise RuleBroken("Écrivez un nombre de points.") from error


def _desk(request: Request) -> Caseload:
    desk: Caseload | None = request.app.state.ports.caseload
    if desk is None:
        raise NotFound("there are no files here")
    return desk


def _now(request: Request) -> datetime:
    return request.app.state.settings.clock()
