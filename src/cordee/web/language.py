"""The language of the page: messages are French source text, typeset once."""

from __future__ import annotations

import gettext as catalogues
from functools import lru_cache
from pathlib import Path

from cordee.runtime.french import typeset

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "cordee"

_catalogue = catalogues.translation(DOMAIN, LOCALE, languages=["fr"], fallback=True)


@lru_cache(maxsize=4096)
def gettext(message: str) -> str:
    """Give the message in the language of the page, with French spaces."""
    return typeset(_catalogue.gettext(message))


@lru_cache(maxsize=4096)
def ngettext(one: str, many: str, count: int) -> str:
    """Give the message for this count; zero is singular in French."""
    return typeset(_catalogue.ngettext(one, many, count) if count else _catalogue.gettext(one))
