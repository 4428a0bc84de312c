"""The resources of the region, alone or for a person; the list as CSV. Requirement B4.6."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.circle.territory import county_of
from cordee.care.resources.desk import LABELS, MOST, Found, Resources, Wanted
from cordee.runtime.errors import NotFound
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "resources/templates/resources.html"
OF_PATIENT: Final = "resources/templates/patient.html"
_DAYS: Final = {
    "mon": _("lundi"), "tue": _("mardi"), "wed": _("mercredi"), "thu": _("jeudi"),
    "fri": _("vendredi"), "sat": _("samedi"), "sun": _("dimanche"),
}  # fmt: skip
_LONGEST: Final = 80
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class ResourceView:
    """One service in words; `href` asks it for the person of the page."""

    name: str
    structure: str
    kind: str
    place: str
    phone: str
    hours: str
    answers: str
    delay: str
    level: str
    href: str


async def show(request: Request) -> Response:
    """Give the resources that are looked for; also as CSV."""
    account = asker(request)
    wanted = _wanted(request)
    found = await _desk(request).find(account.principal, wanted, _now(request))
    if request.url.path.endswith(".csv"):
        return _sheet(found)
    return page(request, TEMPLATE, **_values(request, wanted, found, ""))


async def for_patient(request: Request) -> Response:
    """Give the resources for a person: those of where they live first."""
    account, patient = asker(request), request.path_params["patient_id"]
    wanted = _wanted(request)
    (rows, values), found = await asyncio.gather(
        values_around(request, "parcours"),
        _desk(request).find(account.principal, wanted, _now(request)),
    )
    home = county_of(rows.patient)
    asked = [one for one in found if one.machine or wanted.kind]  # those that can be asked
    near = sorted(asked, key=lambda one: home not in {one.county, *one.covers})
    return page(request, OF_PATIENT, **(values | _values(request, wanted, near, patient)))


def _values(request: Request, wanted: Wanted, found: list[Found], patient: str) -> dict[str, Any]:
    query = {
        "sorte": wanted.kind, "departement": wanted.county, "commune": wanted.town,
        "mots": wanted.words,
    }  # fmt: skip
    return {
        "wanted": wanted,
        "sorts": [(code, _(text)) for code, text in LABELS.items()],
        "found": [_view(one, patient) for one in found],
        "is_full": len(found) >= MOST,
        "export": "/ressources.csv?" + urlencode(query),
        "action": request.url.path,
    }


def _view(one: Found, patient: str) -> ResourceView:
    place = ", ".join(part for part in (one.town, one.county) if part)
    if one.covers:
        place = _("%(place)s ; couvre %(areas)s") % {"place": place, "areas": ", ".join(one.covers)}
    href = ""
    if patient and one.machine:
        asked = urlencode({"vers": one.owner, "sorte": one.kind})
        href = f"/patients/{patient}/demandes/nouvelle/{one.machine}?{asked}"
    answers = one.answers
    return ResourceView(
        one.name, one.structure, _(LABELS.get(one.kind, one.kind)), place, one.phone,
        _hours(one), _answers(one), delay_words(answers.median),
        "warning" if answers.silent > answers.accepted else "", href,
    )  # fmt: skip


def _answers(one: Found) -> str:
    said = one.answers
    if not said.asked:
        return _("aucune demande en douze mois")
    return _(
        "%(asked)s demandes en douze mois : %(accepted)s acceptées, %(refused)s refusées, "
        "%(silent)s sans réponse après sept jours"
    ) % {
        "asked": said.asked, "accepted": said.accepted, "refused": said.refused,
        "silent": said.silent,
    }  # fmt: skip


def delay_words(delay: timedelta | None) -> str:
    """A delay as `2 j 4 h`, `3 h`, `20 min`; "" for none."""
    if delay is None:
        return ""
    minutes = int(delay.total_seconds() // 60)
    if minutes < 1:
        return _("moins d’une minute")
    if minutes < 60:  # noqa: PLR2004 -- minutes of an hour
        return f"{minutes}\u00a0min"
    days, hours = divmod(minutes // 60, 24)
    if not days:
        return f"{hours}\u00a0h"
    return f"{days}\u00a0j" + (f" {hours}\u00a0h" if hours else "")


def _hours(one: Found) -> str:
    parts = [text for given in one.hours if (text := _opening(given))]
    return "; ".join([*parts, *([one.closed] if one.closed else [])])


def _opening(given: Mapping[str, Any]) -> str:
    days: list[str] = list(given.get("daysOfWeek", ()))
    told = _("tous les jours") if len(days) == _WEEK else ", ".join(_DAYS.get(d, d) for d in days)
    if given.get("allDay"):
        return _("%s, jour et nuit") % told
    start = str(given.get("availableStartTime", ""))[:5]
    end = str(given.get("availableEndTime", ""))[:5]
    return f"{told} {start}-{end}".strip(" -")


def _sheet(found: list[Found]) -> Response:
    head = [
        _("Ressource"), _("Structure"), _("Sorte"), _("Commune"), _("Département"),
        _("Téléphone"), _("Demandes, 12 mois"), _("Acceptées"), _("Refusées"),
        _("Sans réponse"), _("Délai médian (heures)"),
    ]  # fmt: skip
    rows = [
        [
            one.name, one.structure, _(LABELS.get(one.kind, one.kind)), one.town, one.county,
            one.phone, one.answers.asked, one.answers.accepted, one.answers.refused,
            one.answers.silent,
            "" if one.answers.median is None
            else round(one.answers.median.total_seconds() / 3600),
        ]
        for one in found
    ]  # fmt: skip
    return spreadsheet("ressources.csv", head, rows)


def _wanted(request: Request) -> Wanted:
    asked = request.query_params
    kind = asked.get("sorte", "")
    given = (asked.get(one, "").strip()[:_LONGEST] for one in ("departement", "commune", "mots"))
    return Wanted(kind if kind in LABELS else "", *given)


def _desk(request: Request) -> Resources:
    desk: Resources | None = request.app.state.ports.resources
    if desk is None:
        raise NotFound("there is no directory here")
    return desk


def _now(request: Request) -> Any:
    return request.app.state.settings.clock()


routes = [
    Route("/ressources", show, methods=["GET"]),
    Route("/ressources.csv", show, methods=["GET"]),
    Route("/patients/{patient_id}/ressources", for_patient, methods=["GET"]),
]
