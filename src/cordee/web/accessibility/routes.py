"""Accessibilité: the declaration that everybody may read. Rule: A6.7; decree 2019-768."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.web.accessibility.grid import counts, criteria, themes
from cordee.web.rendering import page

PATH = "/accessibilite"
TEMPLATE = "accessibility/templates/declaration.html"


async def declaration(request: Request) -> Response:
    """Give the declaration with the figures of the grid."""
    by_axe, by_test, absent, still_open = counts()
    return page(
        request, TEMPLATE, themes=themes(), total=len(criteria()), by_axe=by_axe,
        by_test=by_test, absent=absent, still_open=still_open,
    )  # fmt: skip


async def grid(_: Request) -> Response:
    """Give the grid as it is kept: criterion, state, by what."""
    content = (files("cordee.web.accessibility") / "criteria.csv").read_bytes()
    told = {"content-disposition": 'attachment; filename="rgaa-cordee.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=told)


routes = [
    Route(PATH, declaration, methods=["GET"]),
    Route(f"{PATH}/grille.csv", grid, methods=["GET"]),
]
