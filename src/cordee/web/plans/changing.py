"""The forms of a plan as they are sent: what was typed stays when something is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.plans.desk import Plans, need_version
from cordee.care.plans.judging import MACHINE, OPINION
from cordee.care.plans.plan import Action, Goal, Need, Plan
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Wanted
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    ResourceInvalid,
    RuleBroken,
    VersionConflict,
)
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.plans.entrance import plan_of, plans_of
from cordee.web.plans.showing import TABS, read_said, tab_page
from cordee.web.requests.entrance import asker
from cordee.web.workflow.moving import MOVE, read_wanted

Act = Callable[[Plans, Plan, Form, Request], Awaitable[None]]


async def person(request: Request) -> Response:
    """Give what counts for the person."""
    return await tab_page(request, "personne", Form())


async def needs(request: Request) -> Response:
    """Give the needs."""
    return await tab_page(request, "besoins", Form())


async def goals(request: Request) -> Response:
    """Give the goals with their actions."""
    return await tab_page(request, "objectifs", Form())


async def follow_up(request: Request) -> Response:
    """Give what became of goals and actions, and the story of the plan."""
    return await tab_page(request, "suivi", Form())


async def write_person(request: Request) -> Response:
    """Write what counts for the person."""
    return await _act(request, "personne", _say)


async def write_needs(request: Request) -> Response:
    """Write a need, or take one out."""
    return await _act(request, "besoins", _need)


async def write_goals(request: Request) -> Response:
    """Write a goal, or ask for an action."""
    return await _act(request, "objectifs", _goal)


async def write_follow_up(request: Request) -> Response:
    """Say what became of a goal or an action."""
    return await _act(request, "suivi", _follow)


async def move(request: Request) -> Response:
    """Move the plan."""
    return await _act(request, "suivi", _move)


async def answer(request: Request) -> Response:
    """Say what the médecin traitant thinks."""
    return await _act(request, "suivi", _answer)


async def _act(request: Request, tab: str, act: Act) -> Response:
    sent = await read_form(request)
    asker(request)
    plan = await plan_of(request)
    try:
        await act(plans_of(request), plan, sent, request)
    except VersionConflict:
        sent.errors[MOVE] = _("Quelqu’un vient de changer cette page : relisez, puis recommencez.")
        return await tab_page(request, tab, sent, status=409)
    except ResourceInvalid:
        sent.errors[MOVE] = _("Une date ou un choix n’est pas lisible : corrigez, puis renvoyez.")
        return await tab_page(request, tab, sent, status=422)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors[MOVE] = error.message
        return await tab_page(request, tab, sent, status=error.status)
    patient = request.path_params["patient_id"]
    path = f"/patients/{patient}/plans/{plan.key}{TABS[tab][0]}"
    return RedirectResponse(path, status_code=303)


async def _say(desk: Plans, plan: Plan, sent: Form, request: Request) -> None:
    need_version(plan, sent["version"])
    await desk.say(asker(request).principal, plan, read_said(sent))


async def _need(desk: Plans, plan: Plan, sent: Form, request: Request) -> None:
    principal = asker(request).principal
    if sent[MOVE] == "retirer":
        await desk.remove_need(principal, plan, sent["besoin"])
        return
    known = await desk.nomenclature()
    entry = next((one for one in known.of("need") if one.text == sent["texte"]), None)
    need = Need(
        "", sent["texte"], sent["domaine"] or (entry.domain if entry else ""),
        sent["priorite"] or "asap", sent["possible"] != "non", sent["detail"],
        entry.code if entry else "", known.edition if entry else "",
    )  # fmt: skip
    await desk.add_need(principal, plan, need)


async def _goal(desk: Plans, plan: Plan, sent: Form, request: Request) -> None:
    principal = asker(request).principal
    if sent[MOVE] == "action":
        action = Action(
            "", sent["action"], sent["objectif"], sent["type"], sent["echeance-action"],
            sent["critere"], sent["effecteur"], "", "", (), {},
        )  # fmt: skip
        await desk.add_action(principal, plan, action)
        return
    goal = Goal(
        "", sent["texte"], sent["besoin"], sent["mesure"], sent["echeance"],
        sent["accord"] == "oui", "", "", 0,
    )  # fmt: skip
    await desk.add_goal(principal, plan, goal)


async def _follow(desk: Plans, plan: Plan, sent: Form, request: Request) -> None:
    principal = asker(request).principal
    if sent[MOVE] == "issue":
        await desk.outcome(principal, plan, sent["objectif"], sent["issue"], sent["pourquoi"])
    elif sent[MOVE] == "dire":
        await desk.comment(principal, plan, sent["action"], sent["commentaire"])
    else:
        wanted = Wanted(sent[MOVE], reason=sent["motif"])
        await desk.act(principal, plan, sent["action"], wanted)


async def _move(desk: Plans, plan: Plan, sent: Form, request: Request) -> None:
    wanted = read_wanted(machines()[MACHINE], sent)
    await desk.move(asker(request).principal, plan, wanted)


async def _answer(desk: Plans, plan: Plan, sent: Form, request: Request) -> None:
    wanted = read_wanted(machines()[OPINION], sent)
    await desk.answer(asker(request).principal, plan, wanted)
