"""The gallery page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.web.charts import pressure_rules
from cordee.web.gallery import samples
from cordee.web.guarding import signed_in
from cordee.web.rendering import page


async def gallery(request: Request) -> Response:
    """Every component with every state."""
    signed_in(request)
    return page(
        request,
        "gallery/templates/gallery.html",
        samples=samples,
        table=samples.results_table(),
        chart=samples.pressure_chart(),
        rules=pressure_rules(),
    )


routes = [Route("/composants", gallery)]
