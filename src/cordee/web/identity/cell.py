"""The worklist of the identity cell: duplicates side by side, fusions, tasks."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.ins.proofs import HIGH_CONFIDENCE, LABELS, ProofKind
from cordee.identity.patients.fusing import REVERSIBLE, Proposal
from cordee.runtime.errors import InvalidRequest, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.identity.entrance import cell, desk_of, number_of, proof_of
from cordee.web.identity.words import (
    KINDS,
    OUTCOMES,
    alerts,
    moment,
    named,
    person_of,
    proof_text,
    score,
    side_by_side,
)
from cordee.web.language import gettext as _
from cordee.web.language import ngettext
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

LIST = "identity/templates/cell.html"
TASK = "identity/templates/task.html"
FUSION = "identity/templates/fusion.html"
_REFUSALS = (InvalidRequest, RuleBroken)
_NONE = _("aucun appel")


async def worklist(request: Request) -> Response:
    """Give what there is to do, what is due first."""
    account, desk = cell(request), desk_of(request)
    principal, today = account.principal, request.app.state.settings.clock().date()
    tasks, total = await desk.worklist.tasks(principal)
    fusions = await desk.worklist.fusions(principal)
    collisions = await desk.colliding.listed(principal)
    ids = [one for task in tasks for one in (task["first"], task["second"]) if one]
    ids += [one[name] for one in fusions for name in ("kept", "gone")]
    ids += [one["patient"] for one in collisions]
    files = await desk.worklist.files(principal, ids)
    people = {key: person_of(file, today) for key, file in files.items()}
    now = request.app.state.settings.clock()
    rows = [
        {
            "number": task["n"],
            "kind": KINDS[task["kind"]],
            "people": [people[one] for one in (task["first"], task["second"]) if one in people],
            "score": score(task["score"]) if task["kind"] == "duplicate" else "",
            "reason": ", ".join(task["reasons"][:3]),
            "due": moment(task["due"]),
            "is_late": task["due"] < now,
            "href": _task_address(task),
        }
        for task in tasks
    ]
    return page(
        request, LIST, tasks=rows, total=total,
        fusions=[_fusion_row(one, people) for one in fusions],
        collisions=[
            {"number": one["n"], "person": people.get(one["patient"]), "at": moment(one["at"]),
             "ended": moment(one["ended"])}
            for one in collisions
        ],
    )  # fmt: skip


async def sheet(request: Request) -> Response:
    """Give the tasks as CSV, without a trait of anybody: the files are named by their ids."""
    account, desk = cell(request), desk_of(request)
    tasks, _total = await desk.worklist.tasks(account.principal)
    head = (_("tâche"), _("genre"), _("dossiers"), _("rapprochement"), _("raisons"), _("échéance"))
    lines = (
        (
            one["n"], KINDS[one["kind"]],
            ", ".join(key for key in (one["first"], one["second"]) if key),
            score(one["score"]) if one["kind"] == "duplicate" else "",
            ", ".join(one["reasons"]), moment(one["due"]),
        )
        for one in tasks
    )  # fmt: skip
    return spreadsheet("identites-a-traiter.csv", head, lines)


async def task(request: Request) -> Response:
    """Give one task: the traits of its files side by side."""
    cell(request)
    return await _task(request, Form())


async def decide(request: Request) -> Response:
    """Keep two files apart, ask for their fusion, or end a task."""
    form = await read_form(request)
    account, desk, number = cell(request), desk_of(request), number_of(request)
    principal = account.principal
    try:
        match form["geste"]:
            case "separer":
                await desk.worklist.keep_apart(principal, number, form["raison"])
            case "fusionner":
                pair = await desk.worklist.pair(principal, number)
                kept = form["garde"]
                ids = [one.id for one in pair.files]
                if kept not in ids:
                    raise InvalidRequest(_("Choisissez le dossier qui reste."))
                gone = next(one for one in ids if one != kept)
                made = await desk.fusing.propose(
                    principal, Proposal(kept, gone, form["raison"], number)
                )
                return RedirectResponse(f"/identites/fusions/{made}", status_code=303)
            case "clore":
                await desk.worklist.end(principal, number, "done", form["raison"])
            case _:
                raise InvalidRequest(_("Ce geste n’est pas connu."))
    except _REFUSALS as error:
        form.errors["raison"] = error.message
        return await _task(request, form, status=422)
    return RedirectResponse("/identites", status_code=303)


async def fusion(request: Request) -> Response:
    """Give one fusion: who asked, what is to be seen, what became of it."""
    cell(request)
    return await _fusion(request, Form())


async def settle(request: Request) -> Response:
    """Accept, refuse or undo a fusion."""
    form = await read_form(request)
    account, desk, number = cell(request), desk_of(request), number_of(request)
    principal, today = account.principal, request.app.state.settings.clock().date()
    try:
        match form["geste"]:
            case "valider":
                await desk.fusing.accept(principal, number, proof_of(form, account, today))
            case "refuser":
                await desk.fusing.refuse(principal, number, form["raison"])
            case "defaire":
                await desk.fusing.undo(principal, number, form["raison"])
            case _:
                raise InvalidRequest(_("Ce geste n’est pas connu."))
    except _REFUSALS as error:
        form.errors["raison"] = error.message
        return await _fusion(request, form, status=422)
    return RedirectResponse(f"/identites/fusions/{number}", status_code=303)


async def _task(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk = cell(request), desk_of(request)
    pair = await desk.worklist.pair(account.principal, number_of(request))
    today = request.app.state.settings.clock().date()
    facts = [
        (_("Pièce contrôlée"), tuple(proof_text(one) for one in pair.proofs)),
        (_("INSi"), tuple(_last_call(one) for one in pair.calls)),
        (_("Ouvert par"), tuple(map(_readers, pair.readers))),
    ]
    values = {
        "form": form,
        "task": pair.task,
        "kind": KINDS[pair.task["kind"]],
        "score": score(pair.task["score"]),
        "at": moment(pair.task["at"]),
        "ended": moment(pair.task["ended"]),
        "people": [person_of(one, today) for one in pair.files],
        "alerts": [one for file in pair.files for one in alerts(file.patient)],
        "traits": side_by_side(pair.files, facts, today),
        "fusion": pair.fusion,
    }
    return page(request, TASK, status=status, **values)


async def _fusion(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk = cell(request), desk_of(request)
    row, files = await desk.worklist.fusion(account.principal, number_of(request))
    now = request.app.state.settings.clock()
    users = (row["proposed_by"], row["decided_by"], row["undone_by"])
    names = await named(request.app.state.ports.accounts, users)
    until = row["decided_at"] + REVERSIBLE if row["decided_at"] else now + REVERSIBLE
    values = {
        "form": form,
        "row": row,
        "number": row["n"],
        "traits": side_by_side(files, (), now.date()),
        "people": [person_of(one, now.date()) for one in files],
        "proposer": names.get(row["proposed_by"], ""),
        "decider": names.get(row["decided_by"], ""),
        "undoer": names.get(row["undone_by"], ""),
        "at": moment(row["at"]),
        "decided": moment(row["decided_at"]),
        "undone": moment(row["undone_at"]),
        "until": until.date(),
        "is_mine": row["proposed_by"] == account.user,
        "may_undo": bool(row["accepted"]) and not row["undone_at"] and now < until,
        "kinds": [(one.value, _(LABELS[one])) for one in ProofKind if one in HIGH_CONFIDENCE],
    }
    return page(request, FUSION, status=status, **values)


def _readers(count: int) -> str:
    words = ngettext("%(num)s personne en 30 jours", "%(num)s personnes en 30 jours", count)
    return words % {"num": count}


def _last_call(rows: Any) -> str:
    if not rows:
        return _NONE
    return f"{OUTCOMES.get(rows[0]['outcome'], rows[0]['outcome'])}, {moment(rows[0]['at'])}"


def _task_address(task: Any) -> str:
    return f"/identites/taches/{task['n']}"


def _fusion_row(row: Any, people: Any) -> dict[str, Any]:
    state = _("attend sa validation")
    if row["undone_at"]:
        state = _("défaite le %s") % moment(row["undone_at"])
    elif row["decided_at"]:
        state = _("en place depuis le %s") % moment(row["decided_at"])
    return {
        "number": row["n"], "kept": people.get(row["kept"]), "gone": people.get(row["gone"]),
        "state": state, "waits": row["decided_at"] is None,
    }  # fmt: skip


routes = [
    Route("/identites", worklist, methods=["GET"]),
    Route("/identites.csv", sheet, methods=["GET"]),
    Route("/identites/taches/{number}", task, methods=["GET"]),
    Route("/identites/taches/{number}", decide, methods=["POST"]),
    Route("/identites/fusions/{number}", fusion, methods=["GET"]),
    Route("/identites/fusions/{number}", settle, methods=["POST"]),
]
