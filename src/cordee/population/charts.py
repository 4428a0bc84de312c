"""A chart as SVG, drawn here from its Vega-Lite specification: no browser, no script, no network.

Slow the first time (the engine starts), never on the loop.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import vl_convert

VERSION: Final = "6.1"


@lru_cache(maxsize=256)
def svg(specification: str) -> str:
    """The drawing of a specification, JSON text whose values are all inside it."""
    return vl_convert.vegalite_to_svg(specification, vl_version=VERSION, allowed_base_urls=[])
