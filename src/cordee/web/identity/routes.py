"""All the pages of identities; what is done there is in the trail under what the person acts as."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.web.guarding import signed_in
from cordee.web.identity.cell import routes as cell_routes
from cordee.web.identity.collisions import routes as collision_routes
from cordee.web.identity.figures import routes as figure_routes
from cordee.web.identity.filing import routes as file_routes
from cordee.web.identity.searching import routes as search_routes

Page = Callable[[Request], Awaitable[Response]]


def _acting(route: Route) -> Route:
    endpoint: Page = route.endpoint

    async def page(request: Request) -> Response:
        desk = request.app.state.ports.identities
        if desk is not None:
            await desk.act_as(signed_in(request).principal)
        return await endpoint(request)

    return Route(route.path, page, methods=sorted(route.methods or ()))


routes = [
    _acting(one)
    for one in (*search_routes, *figure_routes, *cell_routes, *collision_routes, *file_routes)
]
