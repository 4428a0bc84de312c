"""The projet personnalisé of a resident, and where that of each resident is. Rule: B7.1."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.homes.project import DOMAINS, Aim, Deed, Project, Wishes
from cordee.care.homes.projects import MACHINE, Standing, is_running, need_version
from cordee.care.plans.judging import EDITABLE
from cordee.care.plans.vocabulary import GAPS, OUTCOMES
from cordee.care.record.query import plain
from cordee.care.record.traits import read_traits
from cordee.care.workflow.machines import machines
from cordee.runtime import french
from cordee.runtime.errors import NotFound
from cordee.web.forms import Form, form_number, put_errors, read_form
from cordee.web.homes.desks import REFUSED, home_desk
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.persons import describe
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.moving import move_views, read_wanted
from cordee.web.workflow.telling import due_view, story_rows

ONE: Final = "homes/templates/project.html"
ALL: Final = "homes/templates/projects.html"
_FIELDS: Final = {
    "words": "attentes", "text": "objectif", "domain": "domaine", "due": "echeance",
    "deed": "action", "who": "qui",
}  # fmt: skip
_OTHER: Final = {"objectif": "objectif", "action": "action", "dire": "attentes", "": "attentes"}
SORTS: Final[Mapping[str, tuple[str, str]]] = {
    "late": (_("en retard"), "critical"),
    "soon": (_("à réévaluer sous 60 jours"), "caution"),
    "none": (_("pas encore de projet"), "caution"),
    "preparing": (_("en préparation"), ""),
    "ok": (_("à jour"), ""),
}


async def show(request: Request) -> Response:
    """Give the project that runs, or the form that begins one."""
    return await _page(request, Form({"numero": str(uuid4())}))


async def begin(request: Request) -> Response:
    """Begin a project, then show it; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    try:
        desk = home_desk(request).projects
        await desk.begin(principal, patient, form_number(sent), _wishes(sent))
    except REFUSED as error:
        status = put_errors(sent, error, _FIELDS, "attentes")
        return await _page(request, sent, status=status)
    return RedirectResponse(f"/patients/{patient}/projet", status_code=303)


async def act(request: Request) -> Response:
    """Write in a project, or move it; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    desk = home_desk(request).projects
    project = await desk.one(principal, patient, request.path_params["number"])
    try:
        await _acted(request, project, sent)
    except REFUSED as error:
        status = put_errors(sent, error, _FIELDS, _OTHER.get(sent["geste"], "geste"))
        return await _page(request, sent, status=status)
    return RedirectResponse(f"/patients/{patient}/projet/{project.key}", status_code=303)


async def _acted(request: Request, project: Project, sent: Form) -> None:
    principal, desk = caregiver(request).principal, home_desk(request).projects
    wanted = sent["geste"]
    if wanted == "bilan":
        await desk.outcome(principal, project, sent["lequel"], sent["issue"], sent["pourquoi"])
        return
    need_version(project, sent["version"])
    if wanted == "dire":
        await desk.say(principal, project, _wishes(sent))
    elif wanted == "objectif":
        aim = Aim(
            "", sent["objectif"], sent["domaine"], sent["moyens"], sent["echeance"],
            sent["accord"] == "oui",
        )  # fmt: skip
        await desk.add_aim(principal, project, aim)
    elif wanted == "action":
        deed = Deed("", sent["lequel"], sent["action"], sent["qui"], sent["quand"])
        await desk.add_deed(principal, project, deed)
    elif wanted == "retirer":
        await desk.remove_deed(principal, project, sent["lequel"])
    else:
        await desk.move(principal, project, read_wanted(machines()[MACHINE], sent))


def _wishes(sent: Form) -> Wishes:
    return Wishes(sent["attentes"], sent["entourage"], sent["habitudes"])


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    desk = home_desk(request).projects
    (_rows, values), found = await asyncio.gather(
        values_around(request, "plans"), desk.of_patient(principal, patient)
    )
    key = request.path_params.get("number", "")
    shown = next((one for one in found if (one.key == key if key else is_running(one))), None)
    if key and shown is None:
        raise NotFound("there is no such project")
    values |= {"form": form, "project": None, "projects": [_line(one) for one in found]}
    if shown is not None:
        values |= await _values(request, shown, form)
    return page(request, ONE, status=status, **values)


async def _values(request: Request, project: Project, form: Form) -> dict[str, Any]:
    now, principal = request.app.state.settings.clock(), caregiver(request).principal
    desk, machine = home_desk(request).projects, machines()[MACHINE]
    due, story = await asyncio.gather(desk.due(project), desk.story(project))
    facts = project.facts
    told = [
        (_(machine.facts[name].label), _(machine.facts[name].choices.get(str(facts[name]), "")))
        for name in ("participation", "agreement")
        if facts.get(name)
    ]
    if facts.get("agreement-date"):
        told.append((_("Accord recueilli le"), french.short_date(str(facts["agreement-date"]))))
    if facts.get("agreement-words"):
        told.append((_("Ce qu’elle en a dit"), str(facts["agreement-words"])))
    moves = move_views(principal, project.task, now, form) if project.task else []
    is_party = bool(moves)
    return {
        "project": project,
        "state": _(machine.states[project.state].label) if project.state else "",
        "review": french.short_date(project.review),
        "due": due_view(machine, project.state, due, now) if project.state else None,
        "moves": moves,
        "told": told,
        "story": await story_rows(request, machine, story),
        "writes": is_party and project.state in EDITABLE,
        "is_party": is_party,
        "domains": [(code, _(text)) for code, text in DOMAINS.items()],
        "domain_words": {code: _(text) for code, text in DOMAINS.items()},
        "outcomes": [(code, _(text)) for code, text in OUTCOMES.items()],
        "outcome_words": {code: _(text) for code, text in OUTCOMES.items()},
        "gaps": [(code, _(text)) for code, text in GAPS.items()],
    }


def _line(one: Project) -> dict[str, str]:
    states = machines()[MACHINE].states
    return {
        "key": one.key,
        "state": _(states[one.state].label) if one.state in states else "",
        "created": french.short_date(str(one.resource.get("created", ""))[:10]),
        "review": french.short_date(one.review),
    }


async def show_all(request: Request) -> Response:
    """Give where the project of each resident is, what is late first; also as CSV."""
    account, today = caregiver(request), request.app.state.settings.clock().date()
    found = await home_desk(request).projects.standings(account.principal, today)
    wanted = request.query_params.get("etat", "")
    rows = [_row(one, today) for one in found if not wanted or one.sort == wanted]
    order = list(SORTS)
    rows.sort(key=lambda one: (order.index(one["sort"]), plain(one["person"].birth_name)))
    if request.url.path.endswith(".csv"):
        head = [
            _("Nom de naissance"), _("Prénom"), _("Né(e) le"), _("Projet"), _("État"),
            _("Échéance"), _("Entrée le"),
        ]  # fmt: skip
        table = [
            [
                one["person"].birth_name, one["person"].first_name, one["person"].born,
                one["words"], one["state"], one["due"], one["entry"],
            ]
            for one in rows
        ]  # fmt: skip
        return spreadsheet("projets-personnalises.csv", head, table)
    counts = [
        (code, words, level, sum(one.sort == code for one in found))
        for code, (words, level) in SORTS.items()
    ]
    return page(
        request, ALL, rows=rows, counts=[one for one in counts if one[3]], wanted=wanted,
        place=account.structure, total=len(found),
    )  # fmt: skip


def _row(one: Standing, today: Any) -> dict[str, Any]:
    states = machines()[MACHINE].states
    words, level = SORTS[one.sort]
    return {
        "person": describe(read_traits(one.patient), today),
        "sort": one.sort,
        "words": words,
        "level": level,
        "state": _(states[one.state].label) if one.state in states else "",
        "due": french.short_date(one.due),
        "entry": french.short_date(one.stay.start) if one.stay else "",
    }


routes = [
    Route("/residents/projets", show_all, methods=["GET"]),
    Route("/residents/projets.csv", show_all, methods=["GET"]),
    Route("/patients/{patient_id}/projet", show, methods=["GET"]),
    Route("/patients/{patient_id}/projet", begin, methods=["POST"]),
    Route("/patients/{patient_id}/projet/{number}", show, methods=["GET"]),
    Route("/patients/{patient_id}/projet/{number}", act, methods=["POST"]),
]
