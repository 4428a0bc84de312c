"""The fragile persons that members of a CPTS have in common. Requirement B6.9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.record.traits import read_traits
from cordee.care.slots.fragile import DRUGS, RULE, SPOTTED, STAY, FragilePersons
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.sheets import spreadsheet
from cordee.web.slots.routes import desk_of

TEMPLATE: Final = "slots/templates/fragile.html"
PATH: Final = "/personnes-fragiles"
_SIGNS: Final[Mapping[str, str]] = {
    STAY: _("hospitalisation ou urgences en six mois"),
    DRUGS: _("cinq traitements ou plus"),
    SPOTTED: _("grille de repérage au-dessus du seuil"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the list."""

    person: Person
    members: str
    signs: tuple[str, ...]
    has_plan: bool


async def show(request: Request) -> Response:
    """Give the list, also as CSV; raises `AccessDenied` for who is of no CPTS."""
    principal = asker(request).principal
    now = request.app.state.settings.clock()
    communities = await desk_of(request).memberships(principal)
    if not communities:
        raise AccessDenied("the list is for members of a CPTS")
    found = await _fragile(request).of(principal, communities, now)
    rows = [
        Row(
            describe(read_traits(one.patient), now.date()),
            ", ".join(one.members),
            tuple(_SIGNS[sign] for sign in one.signs),
            one.has_plan,
        )
        for one in found
    ]
    if request.url.path.endswith(".csv"):
        head = [_("Personne"), _("Né(e) le"), _("Suivie par"), _("Signes"), _("PPCS")]
        return spreadsheet("personnes-fragiles.csv", head, [_line(one) for one in rows])
    return page(request, TEMPLATE, rows=rows, rule=RULE, communities=communities)


def _line(one: Row) -> list[str]:
    name = f"{one.person.birth_name} {one.person.first_name}"
    plan = _("oui") if one.has_plan else _("non")
    return [name, one.person.born, one.members, ", ".join(one.signs), plan]


def _fragile(request: Request) -> FragilePersons:
    found: FragilePersons | None = request.app.state.ports.fragile
    if found is None:
        raise NotFound("there is no such list here")
    return found


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
]
