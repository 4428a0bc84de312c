"""All pages of homes beside those of outbreaks, events and comparisons."""

from __future__ import annotations

from cordee.web.homes.dossier import routes as dossier_routes
from cordee.web.homes.exchanges import routes as exchange_routes
from cordee.web.homes.groups import routes as group_routes
from cordee.web.homes.projects import routes as project_routes
from cordee.web.homes.stays import routes as stay_routes
from cordee.web.homes.transmissions import routes as transmission_routes

routes = [
    *dossier_routes,
    *stay_routes,
    *project_routes,
    *transmission_routes,
    *exchange_routes,
    *group_routes,
]
