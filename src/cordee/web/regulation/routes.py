"""The routes of the floor."""

from __future__ import annotations

from cordee.web.regulation import asking, board, cases, finding, floor, following, people

routes = [
    *floor.routes,
    *cases.routes,
    *people.routes,
    *board.routes,
    *finding.routes,
    *following.routes,
    *asking.routes,
]
