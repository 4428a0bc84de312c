"""One case on the screen: four fields, questions, the person, the decision, the stamps. C1.2."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.cases import Case
from cordee.care.regulation.centres import is_physician
from cordee.care.regulation.deciding import Decision
from cordee.care.regulation.decisions import KINDS, STATUSES
from cordee.care.regulation.elsewhere import vehicles_elsewhere
from cordee.care.regulation.motives import ANSWERS, AVC, motive_of, motives
from cordee.care.regulation.queue import PRIORITIES
from cordee.care.regulation.safety import MOST_TEXTS
from cordee.care.regulation.states import ENDED, NAMES, Move, State, moves_of
from cordee.identity.principal import Principal
from cordee.runtime.errors import AccessDenied, Conflict, ResourceInvalid, RuleBroken, Unavailable
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.regulation.appointments import appointments_of
from cordee.web.regulation.asking import asked_line, names_of
from cordee.web.regulation.entrance import now_of, number_in, standing, turn_of
from cordee.web.regulation.floor import PATH, floor_values
from cordee.web.regulation.lines import hang_up, line_view
from cordee.web.regulation.people import known_person
from cordee.web.regulation.telling import (
    answers_of,
    as_reflex,
    commune_of,
    moves_to,
    told_of,
    true_time,
    typed_values,
)
from cordee.web.regulation.views import TEXTS, WAYS, stamp_words
from cordee.web.rendering import page
from cordee.web.training.caller import caller_of

TEMPLATE: Final = "regulation/templates/case.html"
_REFUSED: Final = (RuleBroken, Conflict, AccessDenied, ResourceInvalid, Unavailable)
_TURNS: Final = 4
_MOVES: Final = {
    "transmettre": Move.FORWARD,
    "clore": Move.CLOSE,
    "doublon": Move.DUPLICATE,
    "erreur": Move.ERROR,
    "faux-appel": Move.FALSE_CALL,
}


async def show(request: Request) -> Response:
    """Give a case with the floor around it."""
    return await case_page(request, Form())


async def act(request: Request) -> Response:
    """Write what was told and make a move; what cannot be comes back as it was typed."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    at, number = now_of(request), number_in(request)
    case, _stamps = await floor.desk.case(principal, centre, number)
    gesture, communes = form["geste"], await floor.desk.all_communes()
    try:
        if gesture == "reflexe":
            # The vehicles leave first: nothing that is typed may hold them back.
            is_stale = form["version"] != str(case.version)
            case = await _reflex(request, case, commune_of(form["commune"], communes))
            told = as_reflex(case, told_of(case, form, communes))
            if is_stale and told != case:
                raise Conflict(_("Les moyens partent. Quelqu’un a écrit ici depuis : relisez."))
            await floor.desk.save(principal, told, at)
            return back(case)
        if form["version"] != str(case.version):
            raise Conflict(_("Quelqu’un vient d’écrire ici : relisez, puis recommencez."))
        if gesture == "raccrocher" and turn_of(request) is not None:
            raise RuleBroken(_("L’appel est tenu par son centre, qui raccroche."))
        if gesture == "raccrocher" and case.call is not None:
            await hang_up(request, case, form)
            await floor.desk.end_calls(centre.id, [case.call], principal.user, at)
            await floor.desk.save(principal, told_of(case, form, communes), at)
            return RedirectResponse(PATH, status_code=303)
        told = told_of(case, form, communes)
        if gesture in _MOVES:
            moves = moves_to(case, _MOVES[gesture])
            await floor.desk.save(principal, told, at, *moves)
            return RedirectResponse(PATH, status_code=303)
        moves = (Move.QUALIFY,) if Move.QUALIFY in moves_of(case.state) else ()
        await floor.desk.save(principal, told, at, *moves)
    except _REFUSED as error:
        return await refused(request, form, error)
    return back(case)


async def _reflex(request: Request, case: Case, commune: str) -> Case:
    """The reflex, once more where a colleague wrote at that very moment: it never waits."""
    principal, centre, floor = await standing(request)
    for _turn in range(_TURNS):
        with contextlib.suppress(Conflict):
            place = replace(case, commune=commune or case.commune)
            return await floor.deciding.reflex(principal, place, now_of(request))
        case, _stamps = await floor.desk.case(principal, centre, case.id)
    return await floor.deciding.reflex(principal, case, now_of(request))


async def decide(request: Request) -> Response:
    """Take a decision, with what it triggers."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    case, _stamps = await floor.desk.case(principal, centre, number_in(request))
    try:
        if form["version"] != str(case.version):
            raise Conflict(_("Quelqu’un vient d’écrire ici : relisez, puis recommencez."))
        place, name = await _place(request, principal, form["lieu"])
        decision = Decision(form["decision"], form["mots"], place, name, turn_of(request))
        await floor.deciding.decide(principal, case, decision, now_of(request))
    except _REFUSED as error:
        return await refused(request, form, error, other="decision")
    return back(case)


async def follow(request: Request) -> Response:
    """Note where a vehicle is."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    case, _stamps = await floor.desk.case(principal, centre, number_in(request))
    mission, at = number_in(request, "mission"), now_of(request)
    try:
        told = (true_time(form["heure"], at), at)
        await floor.deciding.follow(principal.user, centre.id, mission, form["etat"], told)
    except _REFUSED as error:
        return await refused(request, form, error, other="moyens")
    return back(case)


async def correct(request: Request) -> Response:
    """Add the true time of a stamp."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    case, _stamps = await floor.desk.case(principal, centre, number_in(request))
    at = now_of(request)
    number = int(form["trace"]) if re.fullmatch(r"[0-9]{1,18}", form["trace"]) else 0
    try:
        if not form["heure"]:
            raise RuleBroken(_("Donnez l’heure vraie."), expression=("heure",))
        true = true_time(form["heure"], at)
        await floor.desk.correct(principal, case, number, true, at)
    except _REFUSED as error:
        return await refused(request, form, error, other="heure")
    return back(case)


async def case_page(request: Request, form: Form, *, status: int = 200, **more: Any) -> Response:
    """Give the page of a case; what was typed stands before what is kept."""
    principal, centre, floor = await standing(request)
    number = number_in(request)
    case, stamps = await floor.desk.case(principal, centre, number)
    values, missions, asked, person, communes, texts = await asyncio.gather(
        floor_values(request), floor.deciding.missions(centre.id, number),
        floor.requests.of_case(centre, number), known_person(request, principal, case),
        floor.desk.all_communes(), floor.net.of_case(case),
    )  # fmt: skip
    visits = await appointments_of(request, centre, number)
    names, here = await names_of(floor), await floor.desk.centres.all()
    motive = motive_of(form["motif"] or case.motive) or motives().get("M07.00")
    answers = {**case.told.answers, **answers_of(form)}
    departments = await _departments(request, principal) if is_physician(principal) else ()
    line = line_view(values, number, case, stamps)
    caller = await caller_of(request, centre, case, stamps)
    return page(
        request, TEMPLATE, status=status, **values, **more, form=form, case=case, line=line,
        caller=caller, texts=texts, visits=visits, text_states=TEXTS, most_texts=MOST_TEXTS,
        stamps=[(one, stamp_words(one, names)) for one in stamps], case_missions=missions,
        case_asked=[asked_line(one, centre, now_of(request), names) for one in asked],
        home=names.get(case.home, case.home) if case.home != centre.id else "",
        is_home_here=case.home in here, centre_names=names,
        vehicles_elsewhere=vehicles_elsewhere(stamps, "" if case.home in here else case.home),
        of_turn=turn_of(request), case_centre=centre,
        person=person.view if person else None, sheet=person,
        named="" if person else await floor.desk.named(case), communes=communes,
        motives=motives().values(), motive=motive,
        is_stroke=motive is not None and motive.path == AVC, answers=answers,
        words=ANSWERS, proposed=motive.proposed(answers) if motive and case.motive else "",
        flags=motive.flags(answers) if motive else (), priorities=PRIORITIES, ways=WAYS,
        state=NAMES[case.state], moves={str(one) for one in moves_of(case.state)},
        is_over=case.state in ENDED or case.state is State.TRANSFERRED,
        decisions=KINDS, statuses=STATUSES, decides=is_physician(principal),
        departments=departments, values_of=(shown := typed_values(form, case, communes)),
        insee=commune_of(shown["commune"], communes),
    )  # fmt: skip


async def refused(request: Request, form: Form, error: Any, other: str = "geste") -> Response:
    form.errors[next(iter(getattr(error, "expression", ())), other)] = error.message
    status = error.status if isinstance(error, Conflict | AccessDenied | Unavailable) else 422
    return await case_page(request, form, status=status)


def back(case: Case) -> Response:
    return RedirectResponse(f"{PATH}/dossiers/{case.id}", status_code=303)


async def _departments(request: Request, principal: Principal) -> Any:
    return await request.app.state.ports.passages.departments(principal)


async def _place(request: Request, principal: Principal, place: str) -> tuple[str, str]:
    """The department that was chosen among those of the region; empty for none."""
    known = await _departments(request, principal) if place else ()
    found = next((one for one in known if one.reference == place), None)
    return (found.reference, found.name) if found else ("", "")


routes = [
    Route(f"{PATH}/dossiers/{{number}}", show, methods=["GET"]),
    Route(f"{PATH}/dossiers/{{number}}", act, methods=["POST"]),
    Route(f"{PATH}/dossiers/{{number}}/decision", decide, methods=["POST"]),
    Route(f"{PATH}/dossiers/{{number}}/moyens/{{mission}}", follow, methods=["POST"]),
    Route(f"{PATH}/dossiers/{{number}}/heure", correct, methods=["POST"]),
]
