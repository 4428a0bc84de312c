"""The routes of those close to a patient."""

from __future__ import annotations

from cordee.web.relatives.center import routes as center_routes
from cordee.web.relatives.changing import routes as changing_routes
from cordee.web.relatives.desk import routes as desk_routes
from cordee.web.relatives.invitation import routes as invitation_routes
from cordee.web.relatives.record import routes as record_routes

routes = [*changing_routes, *center_routes, *record_routes, *invitation_routes, *desk_routes]
