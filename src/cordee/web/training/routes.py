"""The routes of training."""

from __future__ import annotations

from cordee.web.training import caller, nights, scores

routes = [*caller.routes, *nights.routes, *scores.routes]
