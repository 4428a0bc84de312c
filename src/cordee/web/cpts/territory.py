"""The page of a CPTS: territory, members, missions, indicators with their method. B6.1, B6.7."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.cpts.territory import Communities, Indicators
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.resources.routes import delay_words
from cordee.web.sheets import spreadsheet

LIST: Final = "cpts/templates/communities.html"
TEMPLATE: Final = "cpts/templates/community.html"
METHOD: Final = _(
    "Recherches reçues par la CPTS dans les douze mois, d’après leur suivi. Le délai va de la "
    "réception à l’accord d’un médecin (médiane, temps réel). Une personne compte une fois par "
    "recherche."
)
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


async def communities(request: Request) -> Response:
    """Give all CPTS of the region."""
    found = await _desk(request).all(asker(request).principal)
    return page(request, LIST, communities=found)


async def community(request: Request) -> Response:
    """Give a CPTS; its own indicators to who works there."""
    account, desk = asker(request), _desk(request)
    key = request.path_params["number"]
    if not _ID.fullmatch(key):
        raise NotFound("there is nothing at this address")
    found = await desk.one(account.principal, key)
    is_own = account.principal.structure == found.reference
    now = request.app.state.settings.clock()
    lines = _lines(await desk.indicators(found.reference, now)) if is_own else []
    return page(
        request, TEMPLATE, community=found, key=key, is_own=is_own, lines=lines, method=METHOD
    )


async def export(request: Request) -> Response:
    """Give the indicators of one's own CPTS with their method, as CSV."""
    account, desk = asker(request), _desk(request)
    key = request.path_params["number"]
    if account.principal.structure != f"Organization/{key}":
        raise AccessDenied("indicators are told to who works there")
    found = await desk.one(account.principal, key)
    now = request.app.state.settings.clock()
    lines = _lines(await desk.indicators(found.reference, now))
    lines.append((_("Méthode"), METHOD))
    return spreadsheet(f"indicateurs-{key}.csv", (_("indicateur"), _("valeur")), lines)


def _lines(found: Indicators) -> list[tuple[str, str]]:
    return [
        (_("Recherches de médecin traitant"), str(found.asked)),
        (_("En cours"), str(found.waiting)),
        (_("Médecin trouvé"), str(found.found)),
        (_("Délai médian jusqu’au médecin"), delay_words(found.median) or _("non connu")),
    ]


def _desk(request: Request) -> Communities:
    desk: Communities | None = request.app.state.ports.communities
    if desk is None:
        raise NotFound("there is no directory here")
    return desk
