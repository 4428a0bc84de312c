"""The addresses of requests."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.requests.asking import ask, form
from cordee.web.requests.following import move, of_patient, show
from cordee.web.requests.worklist import worklist

_PATIENT = "/patients/{patient_id}/demandes"
routes = [
    Route(_PATIENT, of_patient, methods=["GET"]),
    Route(f"{_PATIENT}/nouvelle/{{number}}", form, methods=["GET"]),
    Route(f"{_PATIENT}/nouvelle/{{number}}", ask, methods=["POST"]),
    Route(f"{_PATIENT}/{{number}}", show, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", move, methods=["POST"]),
    Route("/demandes", worklist, methods=["GET"]),
    Route("/demandes.csv", worklist, methods=["GET"]),
]
