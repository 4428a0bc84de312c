"""The addresses of passages."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.offline.keeping import NIGHT_HOURS, kept
from cordee.web.passages import calling
from cordee.web.passages.boards import sent
from cordee.web.passages.daily import rpu, rpu_file
from cordee.web.passages.following import move, sheet, show
from cordee.web.passages.sending import form, send

_PATIENT = "/patients/{patient_id}/urgences"
routes = [
    Route(f"{_PATIENT}/envoi", kept(NIGHT_HOURS)(form), methods=["GET"]),
    Route(f"{_PATIENT}/envoi", send, methods=["POST"]),
    Route(f"{_PATIENT}/{{number}}", show, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", move, methods=["POST"]),
    Route(f"{_PATIENT}/{{number}}/fiche", sheet, methods=["GET"]),
    *calling.routes,
    Route("/urgences/rpu", rpu, methods=["GET"]),
    Route("/urgences/rpu.xml", rpu_file, methods=["GET"]),
    Route("/envois", sent, methods=["GET"]),
    Route("/envois.csv", sent, methods=["GET"]),
]
