"""The DPO's workbench: queue of broken glasses, contests, replay of a decision, indicators."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.contesting import TrailLine
from cordee.access.registers.contests import Contest
from cordee.care.record.traits import read_traits
from cordee.identity.principal import Principal
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.protection.entrance import dpo, key_of, now_of
from cordee.web.protection.views import contest_row, done, glass_row, moment, name_of, sentence
from cordee.web.rendering import page
from cordee.web.seen.line_views import view_line
from cordee.web.trust import trust_of

DESK = "protection/templates/desk.html"
CASE = "protection/templates/case.html"
CONTEST = "protection/templates/contest.html"
_SHORTEST_NOTE = 10
_LONGEST_NUMBER = 18


async def desk(request: Request) -> Response:
    """Give what waits, what was decided last, and what is counted."""
    return await _desk(request)


async def case(request: Request) -> Response:
    """Give one broken glass with whose record it opened and what was done."""
    return await _case(request, Form())


async def review(request: Request) -> Response:
    """Keep the DPO's word on a broken glass; the patient is told."""
    form = await read_form(request)
    principal = dpo(request)
    if form["avis"] not in {"justifie", "non-justifie"}:
        form.errors["avis"] = _("Dites si cet accès était justifié")
    if len(form["note"]) < _SHORTEST_NOTE:
        form.errors["note"] = _("Écrivez pourquoi, en %s caractères au moins") % _SHORTEST_NOTE
    if not form.errors:
        try:
            await trust_of(request).glasses.review(
                principal, key_of(request), justified=form["avis"] == "justifie",
                note=form["note"], at=now_of(request),
            )  # fmt: skip
        except RuleBroken as error:
            form.errors["avis"] = error.message
    if form.errors:
        return await _case(request, form)
    return RedirectResponse("/protection", status_code=303)


async def contest(request: Request) -> Response:
    """Give one contest."""
    return await _contest_page(request, Form())


async def answer(request: Request) -> Response:
    """Keep the DPO's answer; the patient is told."""
    form = await read_form(request)
    principal = dpo(request)
    if form["avis"] not in {"justifie", "non-justifie"}:
        form.errors["avis"] = _("Dites si cet accès était justifié")
    if len(form["mots"]) < _SHORTEST_NOTE:
        form.errors["mots"] = _("Écrivez la réponse, en %s caractères au moins") % _SHORTEST_NOTE
    if form.errors:
        return await _contest_page(request, form)
    await trust_of(request).contesting.answer(
        principal, key_of(request), justified=form["avis"] == "justifie", words=form["mots"],
        at=now_of(request),
    )  # fmt: skip
    return RedirectResponse("/protection", status_code=303)


async def _desk(request: Request) -> Response:
    trust, principal, now = trust_of(request), dpo(request), now_of(request)
    queue = await trust.glasses.queue(principal)
    done = await trust.glasses.reviewed(principal)
    contests = await trust.contesting.waiting(principal)
    counted = await trust.protecting.indicators(principal, now)
    agents = {one.grant.breaker.agent for one in queue}
    agents |= {one.kept.grant.breaker.agent for one in done} | {one.agent for one in contests}
    known = await request.app.state.ports.accounts.known(agents)
    names = await trust.protecting.structures(one.structure for one in counted.glasses)
    replayed, missing = await _replayed(request, principal)
    return page(
        request, DESK, queue=[glass_row(one, known, now) for one in queue],
        done=[(glass_row(one.kept, known, now), one) for one in done],
        contests=[contest_row(one, known) for one in contests], counted=counted, names=names,
        refusals=[(sentence(code), code, count) for code, count in counted.refusals],
        replayed=replayed, missing=missing, number=request.query_params.get("ligne", ""),
    )  # fmt: skip


async def _replayed(request: Request, principal: Principal) -> tuple[Any, bool]:
    asked = request.query_params.get("ligne", "")
    if not asked:
        return None, False
    if not asked.isdecimal() or len(asked) > _LONGEST_NUMBER:
        return None, True
    accounts: dict[str, Any] = {}

    def known(line: TrailLine) -> Principal | None:
        return accounts[line.agent].principal if line.agent in accounts else None

    trust = trust_of(request)
    try:
        line, _explained = await trust.protecting.replay(principal, int(asked), known)
        accounts |= await request.app.state.ports.accounts.known({line.agent})
        line, explained = await trust.protecting.replay(principal, int(asked), known)
    except NotFound:
        return None, True
    decision = explained.decision if explained else None
    return (view_line(line, accounts.get(line.agent), explained), decision), False


async def _case(request: Request, form: Form) -> Response:
    now = now_of(request)
    found = await trust_of(request).protecting.case(dpo(request), key_of(request))
    kept = found.reviewed.kept
    known = await request.app.state.ports.accounts.known({kept.grant.breaker.agent})
    person = describe(read_traits(found.patient), now.date()) if found.patient else None
    return page(
        request, CASE, status=422 if form.errors else 200, form=form, person=person,
        row=glass_row(kept, known, now), grant=kept.grant, note=found.reviewed.note,
        steps=[(one.n, moment(one.at), done(one.detail)) for one in found.steps],
        until=moment(kept.grant.last), due=moment(kept.grant.review_due),
    )  # fmt: skip


async def _contest_page(request: Request, form: Form) -> Response:
    found = await _contest(request)
    known = await request.app.state.ports.accounts.known({found.agent})
    return page(
        request, CONTEST, status=422 if form.errors else 200, form=form, contest=found,
        row=contest_row(found, known), who=name_of(found.agent, known),
    )  # fmt: skip


async def _contest(request: Request) -> Contest:
    waiting = await trust_of(request).contesting.waiting(dpo(request))
    for one in waiting:
        if one.id == key_of(request):
            return one
    raise HTTPException(404)


routes = [
    Route("/protection", desk, methods=["GET"], name="protection"),
    Route("/protection/acces/{key}", case, methods=["GET"]),
    Route("/protection/acces/{key}", review, methods=["POST"]),
    Route("/protection/signalements/{key}", contest, methods=["GET"]),
    Route("/protection/signalements/{key}", answer, methods=["POST"]),
]
