"""Accessibilité: the declaration that everybody may read. Rule: A6.7; decree 2019-768."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.web.accessibility.grid import LOOKED, STATES, counts, criteria, faults, share, themes
from cordee.web.language import gettext as _
from cordee.web.rendering import page

PATH = "/accessibilite"
TEMPLATE = "accessibility/templates/declaration.html"


async def declaration(request: Request) -> Response:
    """Give the declaration with the figures of the grid."""
    names = {"axe": _("Contrôlés en partie par axe, aucun défaut sérieux"),
             "test": _("Contrôlés en partie par nos propres tests"),
             "seen": _("Regardés par l’équipe, aucun défaut trouvé"),
             "fault": _("Non conformes"),
             "absent": _("Sans objet : rien de tel dans Cordée"),
             "open": _("À vérifier par une personne, pas encore fait")}  # fmt: skip
    states = [(names[state], count) for state, count in zip(STATES, counts(), strict=True)]
    return page(
        request, TEMPLATE, themes=themes(), total=len(criteria()), states=states, share=share(),
        faults=faults(), looked=LOOKED,
    )  # fmt: skip


async def grid(_request: Request) -> Response:
    """Give the grid as it is kept: criterion, state, by what."""
    content = (files("cordee.web.accessibility") / "criteria.csv").read_bytes()
    told = {"content-disposition": 'attachment; filename="rgaa-cordee.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=told)


routes = [
    Route(PATH, declaration, methods=["GET"]),
    Route(f"{PATH}/grille.csv", grid, methods=["GET"]),
]
