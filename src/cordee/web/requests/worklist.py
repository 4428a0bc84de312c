"""The requests that wait for somebody, late ones first, and those that they made. B4.2, B4.11."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.record.traits import read_traits
from cordee.care.requests.desk import RECEIVED, SENT, Count
from cordee.care.requests.offers import WORKED
from cordee.care.workflow.machines import machines
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, requests_of
from cordee.web.requests.following import RequestView, view_request
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "requests/templates/worklist.html"
_SIDES: Final = {"recues": RECEIVED, "envoyees": SENT}


@dataclass(frozen=True, slots=True)
class Row:
    """One request with its person."""

    person: Person
    asked: RequestView


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter with how many requests it keeps, and how many of them are late."""

    label: str
    href: str
    count: int
    late: int
    is_current: bool


async def worklist(request: Request) -> Response:
    """Give the requests of a side, by machine and state; also as CSV."""
    account = asker(request)
    side = request.query_params.get("vue", "recues")
    side = side if side in _SIDES else "recues"
    machine = request.query_params.get("suivi", "")
    machine = machine if machine in WORKED else ""
    state = request.query_params.get("etat", "")
    state = state if machine and state in machines()[machine].states else ""
    desk, now = requests_of(request), request.app.state.settings.clock()
    found = await desk.waiting(account.principal, _SIDES[side], machine, state)
    rows = [
        Row(describe(read_traits(one.patient), now.date()), view_request(one, now)) for one in found
    ]
    if request.url.path.endswith(".csv"):
        return _sheet(rows)
    counts = await desk.counts(account.principal, _SIDES[side])
    return page(
        request,
        TEMPLATE,
        place=account.structure,
        side=side,
        sides=[("recues", _("À traiter")), ("envoyees", _("Mes demandes"))],
        filters=_filters(counts, side, machine, state),
        rows=rows,
        late=sum(bool(one.asked.due and one.asked.due.level) for one in rows),
        export="/demandes.csv?" + urlencode({"vue": side, "suivi": machine, "etat": state}),
    )


def _sheet(rows: list[Row]) -> Response:
    head = [
        _("Personne"), _("Né(e) le"), _("Suivi"), _("Objet"), _("État"), _("Demandeur"),
        _("Destinataire"), _("Demandé"), _("À faire"), _("Échéance"), _("En retard"),
    ]  # fmt: skip
    table = [
        [
            f"{one.person.birth_name} {one.person.first_name}", one.person.born, one.asked.title,
            one.asked.what, one.asked.state, one.asked.requester, one.asked.owner,
            one.asked.asked, one.asked.due.label if one.asked.due else "",
            one.asked.due.at if one.asked.due else "",
            _("oui") if one.asked.due and one.asked.due.level else "",
        ]
        for one in rows
    ]  # fmt: skip
    return spreadsheet("demandes.csv", head, table)


def _filters(counts: Sequence[Count], side: str, machine: str, state: str) -> list[Filter]:
    """All, then each machine, then the states of the chosen one; empty ones are left out."""
    found = [_filter(_("Tout"), counts, {"vue": side}, is_current=not machine)]
    for code in WORKED:
        of = [one for one in counts if one.machine == code]
        if of or code == machine:
            address = {"vue": side, "suivi": code}
            current = code == machine and not state
            found.append(_filter(_(machines()[code].title), of, address, is_current=current))
        if code == machine:
            found += _states(of, side, code, state)
    return found


def _states(counts: Sequence[Count], side: str, machine: str, state: str) -> list[Filter]:
    return [
        _filter(
            _(one.label), of, {"vue": side, "suivi": machine, "etat": code},
            is_current=code == state,
        )
        for code, one in machines()[machine].states.items()
        if (of := [count for count in counts if count.state == code]) or code == state
    ]  # fmt: skip


def _filter(
    label: str, counts: Sequence[Count], address: dict[str, str], *, is_current: bool
) -> Filter:
    return Filter(
        label,
        "/demandes?" + urlencode(address),
        sum(one.count for one in counts),
        sum(one.late for one in counts),
        is_current,
    )
