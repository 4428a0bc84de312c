"""The pages of overflow and of the simulator."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from cordee.web.overflow import live, register, report, rosters, simulation, territory

_RUN = f"{simulation.PATH}/{{number}}"
_EPISODE = f"{live.PATH}/{{number}}"

routes: list[BaseRoute] = [
    Route(live.PATH, live.show, methods=["GET"]),
    Route(live.PATH, live.act, methods=["POST"]),
    Route(_EPISODE, report.show, methods=["GET"]),
    Route(f"{_EPISODE}/trace.csv", report.export, methods=["GET"]),
    Route(f"{_EPISODE}/rapport.pdf", report.paper, methods=["GET"]),
    Route(territory.PATH, territory.show, methods=["GET"]),
    Route(territory.PATH, territory.tell, methods=["POST"]),
    Route(register.PATH, register.show, methods=["GET"]),
    Route(register.PATH, register.act, methods=["POST"]),
    Route(f"{register.PATH}.csv", register.export, methods=["GET"]),
    *rosters.routes,
    Route(simulation.PATH, simulation.show, methods=["GET"]),
    Route(simulation.PATH, simulation.ask, methods=["POST"]),
    Route(_RUN, simulation.show_one, methods=["GET"]),
    Route(f"{_RUN}/nombres.csv", simulation.export, methods=["GET"]),
    Route(f"{_RUN}/joindre", simulation.join, methods=["POST"]),
]
