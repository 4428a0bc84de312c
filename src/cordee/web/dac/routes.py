"""The addresses of coordination teams."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.dac import activity
from cordee.web.dac.files import change, show

routes = [
    Route("/file-active", show, methods=["GET"]),
    Route("/file-active", change, methods=["POST"]),
    Route("/file-active.csv", show, methods=["GET"]),
    Route("/activite", activity.show, methods=["GET"]),
    Route("/activite.csv", activity.show, methods=["GET"]),
    Route("/activite.json", activity.show, methods=["GET"]),
]
