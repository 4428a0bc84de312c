"""The addresses of an emergency department."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.emergency import capacities, entering, reports, stays
from cordee.web.emergency.boards import board, wall

_STAY = "/patients/{patient_id}/passage/{number}"
_ENTRY = "/patients/{patient_id}/passage/entree"
routes = [
    Route("/urgences", board, methods=["GET"]),
    Route("/urgences.csv", board, methods=["GET"]),
    Route("/urgences/mur", wall, methods=["GET"]),
    Route("/urgences/capacites", capacities.show, methods=["GET"]),
    Route("/urgences/capacites.csv", capacities.show, methods=["GET"]),
    Route("/urgences/capacites/declarer", capacities.form, methods=["GET"]),
    Route("/urgences/capacites/declarer", capacities.declare, methods=["POST"]),
    Route(_ENTRY, entering.form, methods=["GET"]),
    Route(_ENTRY, entering.enter, methods=["POST"]),
    Route(_STAY, stays.show, methods=["GET"]),
    Route(_STAY, stays.act, methods=["POST"]),
    Route(f"{_STAY}/compte-rendu", reports.form, methods=["GET"]),
    Route(f"{_STAY}/compte-rendu", reports.write, methods=["POST"]),
]
