"""The addresses of discharges."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.discharges import (
    bedside,
    boards,
    calling,
    homecare,
    letters,
    planning,
    relays,
    reports,
)

_PATIENT = "/patients/{patient_id}/sorties"
_ONE = f"{_PATIENT}/{{number}}"
_RELAY = "/patients/{patient_id}/relais-dac/{number}"
routes = [
    Route("/sorties", boards.board, methods=["GET"]),
    Route("/sorties.csv", boards.board, methods=["GET"]),
    Route("/sorties/forcees", reports.forced, methods=["GET"]),
    Route("/sorties/forcees.csv", reports.forced, methods=["GET"]),
    Route("/sorties/indicateurs", reports.figures, methods=["GET"]),
    Route("/sorties/indicateurs.csv", reports.figures, methods=["GET"]),
    Route("/relais-domicile", homecare.demands, methods=["GET"]),
    Route("/relais-domicile/{number}", homecare.answer, methods=["POST"]),
    Route(_PATIENT, planning.of_patient, methods=["GET"]),
    Route(_ONE, planning.show, methods=["GET"]),
    Route(_ONE, planning.act, methods=["POST"]),
    Route(f"{_ONE}/relais/{{kind}}", homecare.form, methods=["GET"]),
    Route(f"{_ONE}/relais/{{kind}}", homecare.ask, methods=["POST"]),
    Route(f"{_ONE}/appel", calling.form, methods=["GET"]),
    Route(f"{_ONE}/appel", calling.keep, methods=["POST"]),
    Route(f"{_ONE}/lettre", letters.form, methods=["GET"]),
    Route(f"{_ONE}/lettre", letters.write, methods=["POST"]),
    Route(f"{_ONE}/lettre.pdf", letters.paper, methods=["GET"]),
    Route(f"{_ONE}/resume", bedside.show, methods=["GET"]),
    Route(f"{_ONE}/resume.pdf", bedside.paper, methods=["GET"]),
    Route(_RELAY, relays.form, methods=["GET"]),
    Route(_RELAY, relays.propose, methods=["POST"]),
]
