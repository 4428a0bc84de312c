"""Transmissions ciblées: of one resident, quick to write at night; of a home, by shift. B7.1."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.homes.transmissions import (
    PARTS,
    SHIFTS,
    TARGETS,
    Said,
    Transmission,
    bounds_of,
    sent_at,
    shift_of,
)
from cordee.care.record.traits import read_traits
from cordee.care.store import Resource
from cordee.runtime.clock import PARIS
from cordee.web.forms import Form, day_of, form_number, put_errors, read_form
from cordee.web.homes.desks import REFUSED, home_desk
from cordee.web.language import gettext as _
from cordee.web.offline.keeping import NIGHT_HOURS, kept, written_at
from cordee.web.passages.sending import caregiver
from cordee.web.persons import Person, describe
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.telling import moment_words

ONE: Final = "homes/templates/transmissions.html"
HOME: Final = "homes/templates/home_transmissions.html"
_LAST: Final = "24h"
_FIELDS: Final = {"target": "cible", "label": "nom-cible", "D": "d", "A": "a", "R": "r"}


@dataclass(frozen=True, slots=True)
class Written:
    """One writing in words."""

    key: str
    root: str
    label: str
    parts: tuple[tuple[str, str], ...]
    at: str
    day: str
    author: str
    is_open: bool
    closes: bool
    follows: bool
    person: Person | None = None


async def of_patient(request: Request) -> Response:
    """Give the open targets of a resident, what was written, and the form of something more."""
    return await _page(request, Form({"suite": request.query_params.get("suite", "")[:64]}))


async def write(request: Request) -> Response:
    """Keep a transmission, then show it; what cannot be kept comes back as it was typed."""
    sent = await read_form(request)
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    parts = {code: sent[code.lower()] for code in PARTS}
    said = Said(sent["cible"], parts, sent["nom-cible"], sent["suite"], sent["clore"] == "oui")
    try:
        at = written_at(sent, request.app.state.settings.clock())
        desk = home_desk(request).transmissions
        await desk.write(principal, patient, form_number(sent), said, at)
    except REFUSED as error:
        status = put_errors(sent, error, _FIELDS, "d")
        return await _page(request, sent, status=status)
    return RedirectResponse(f"/patients/{patient}/transmissions", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    desk = home_desk(request).transmissions
    (_rows, values), found = await asyncio.gather(
        values_around(request, "liaison"), desk.of_patient(principal, patient)
    )
    now, wanted = request.app.state.settings.clock(), request.query_params.get("cible", "")
    shown = [one for one in found if not wanted or one.target == wanted]
    values |= {
        "form": form,
        "number": form_number(form) if form["numero"] else str(uuid4()),
        "open": [told_words(one, now) for one in found if one.is_open],
        "found": [told_words(one, now) for one in shown],
        "total": len(found),
        "wanted": wanted if wanted in TARGETS else "",
        "targets": [(code, _(text)) for code, text in TARGETS.items()],
        "parts": [(code, code.lower(), _(text)) for code, text in PARTS.items()],
    }
    return page(request, ONE, status=status, **values)


async def of_home(request: Request) -> Response:
    """Give what a shift wrote and the targets that stay open; also as CSV."""
    account, now = caregiver(request), request.app.state.settings.clock()
    asked = request.query_params
    day = day_of(asked.get("jour", "")) or shift_of(now)[0]
    shift = asked.get("equipe", _LAST)
    shift = shift if shift in {*SHIFTS, _LAST} else ""
    bounds = (now - timedelta(hours=24), now) if shift == _LAST else bounds_of(day, shift)
    desk = home_desk(request).transmissions
    (found, people), (opened, others) = await asyncio.gather(
        desk.of_home(account.principal, bounds),
        desk.open_of_home(account.principal),
    )
    persons = _persons([*people, *others], now.date())
    target = asked.get("cible", "")
    rows = _told([one for one in found if not target or one.target == target], persons, now)
    if request.url.path.endswith(".csv"):
        return _csv(rows, day, shift)
    return page(
        request, HOME, rows=rows, open=_told(opened, persons, now), place=account.structure,
        day=day.isoformat(), shift=shift, target=target if target in TARGETS else "",
        shifts=_shifts(),
        targets=[("", _("toutes")), *((code, _(text)) for code, text in TARGETS.items())],
    )  # fmt: skip


def _shifts() -> list[tuple[str, str]]:
    named = [(one, _(label)) for one, (label, _start, _end) in SHIFTS.items()]
    return [(_LAST, _("Dernières 24 heures")), ("", _("Toute la journée")), *named]


def _told(
    found: Sequence[Transmission], persons: Mapping[str, Person], now: datetime
) -> list[Written]:
    return [told_words(one, now, persons[one.patient]) for one in found if one.patient in persons]


def _persons(people: Sequence[Resource], today: date) -> dict[str, Person]:
    return {f"Patient/{one['id']}": describe(read_traits(one), today) for one in people}


def told_words(one: Transmission, now: datetime, person: Person | None = None) -> Written:
    at = sent_at(one)
    return Written(
        one.key, one.root, _(one.label), tuple((_(PARTS.get(c, c)), text) for c, text in one.parts),
        moment_words(at, now) if at else "", f"{at.astimezone(PARIS):%d/%m/%Y %H:%M}" if at else "",
        one.author, one.is_open, one.closes, one.key != one.root, person,
    )  # fmt: skip


def _csv(rows: Sequence[Written], day: date, shift: str) -> Response:
    head = [
        _("Nom de naissance"), _("Prénom"), _("Né(e) le"), _("Quand"), _("Cible"),
        *(_(one) for one in PARTS.values()), _("Qui"),
    ]  # fmt: skip
    table: list[list[Any]] = []
    for one in rows:
        assert one.person is not None  # noqa: S101 -- only rows with a person are told
        parts = dict(one.parts)
        table.append([
            one.person.birth_name, one.person.first_name, one.person.born, one.day, one.label,
            *(parts.get(_(text), "") for text in PARTS.values()), one.author,
        ])  # fmt: skip
    return spreadsheet(f"transmissions-{day}-{shift or 'jour'}.csv", head, table)


routes = [
    Route("/transmissions", of_home, methods=["GET"]),
    Route("/transmissions.csv", of_home, methods=["GET"]),
    Route("/patients/{patient_id}/transmissions", kept(NIGHT_HOURS)(of_patient), methods=["GET"]),
    Route("/patients/{patient_id}/transmissions", write, methods=["POST"]),
]
