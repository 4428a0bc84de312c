"""All the pages of identities."""

from __future__ import annotations

from cordee.web.identity.cell import routes as cell_routes
from cordee.web.identity.collisions import routes as collision_routes
from cordee.web.identity.figures import routes as figure_routes
from cordee.web.identity.filing import routes as file_routes
from cordee.web.identity.searching import routes as search_routes

routes = [*search_routes, *figure_routes, *cell_routes, *collision_routes, *file_routes]
