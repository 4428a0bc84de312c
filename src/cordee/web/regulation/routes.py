"""The routes of the floor."""

from __future__ import annotations

from cordee.web.regulation import (
    appointments,
    asking,
    board,
    cases,
    finding,
    floor,
    following,
    line,
    net,
    people,
)

routes = [
    *floor.routes,
    *cases.routes,
    *line.routes,
    *net.routes,
    *people.routes,
    *board.routes,
    *appointments.routes,
    *finding.routes,
    *following.routes,
    *asking.routes,
]
