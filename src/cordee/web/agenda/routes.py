"""The addresses of agendas."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.agenda.own import (
    PATH,
    change_links,
    feed,
    links,
    of_patient,
    of_somebody_near,
    own,
)
from cordee.web.agenda.patient import act, lead, plan, show
from cordee.web.guarding import LINK_PREFIX
from cordee.web.offline.keeping import ROUND_HOURS, kept

_PATIENT = "/patients/{patient_id}/agenda"
routes = [
    Route(_PATIENT, show, methods=["GET"]),
    Route(f"{_PATIENT}.csv", show, methods=["GET"]),
    Route(_PATIENT, plan, methods=["POST"]),
    Route(f"{_PATIENT}/{{number}}", lead, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", act, methods=["POST"]),
    Route(PATH, kept(ROUND_HOURS)(own), methods=["GET"]),
    Route(f"{PATH}.csv", own, methods=["GET"]),
    Route(f"{PATH}/liens", links, methods=["GET"]),
    Route(f"{PATH}/liens", change_links, methods=["POST"]),
    Route(f"{LINK_PREFIX}{{secret}}.ics", feed, methods=["GET"]),
    Route("/mon-agenda", of_patient, methods=["GET"]),
    Route("/mes-proches/{mandate}/agenda", of_somebody_near, methods=["GET"]),
]
