"""The lists of the DPO's desk as CSV: broken glasses and contests."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.web.language import gettext as _
from cordee.web.protection.entrance import dpo, now_of
from cordee.web.protection.views import contest_row, glass_row
from cordee.web.sheets import spreadsheet
from cordee.web.trust import trust_of


async def glasses(request: Request) -> Response:
    """Give broken glasses, those to review first, as CSV."""
    principal, now = dpo(request), now_of(request)
    service = trust_of(request).glasses
    queue, done = await service.queue(principal), await service.reviewed(principal)
    every = [(kept, "") for kept in queue] + [(one.kept, one.note) for one in done]
    known = await request.app.state.ports.accounts.known(
        {kept.grant.breaker.agent for kept, _note in every}
    )
    verdicts = {None: _("à relire"), True: _("justifié"), False: _("non justifié")}
    rows = [(glass_row(kept, known, now), kept.grant, note) for kept, note in every]
    head = (
        _("Accès"), _("Ouvert le"), _("Par"), _("Structure"), _("Raison"), _("Motif"), _("Avis"),
        _("Pourquoi"),
    )  # fmt: skip
    return spreadsheet(
        "acces-exceptionnels.csv", head,
        ((row.key, row.opened, row.who, grant.breaker.structure, row.category, row.motive,
          verdicts[grant.justified if grant.reviewed else None], note)
         for row, grant, note in rows),
    )  # fmt: skip


async def contests(request: Request) -> Response:
    """Give contests that wait as CSV."""
    waiting = await trust_of(request).contesting.waiting(dpo(request))
    known = await request.app.state.ports.accounts.known({one.agent for one in waiting})
    head = (_("Signalement"), _("Signalé le"), _("Accès de"), _("Accès du"), _("Ligne"), _("Dit"))
    rows = [(contest_row(one, known), one.line) for one in waiting]
    return spreadsheet(
        "signalements.csv", head,
        ((row.key, row.said, row.who, row.access, line, row.words) for row, line in rows),
    )  # fmt: skip


routes = [
    Route("/protection/acces.csv", glasses, methods=["GET"]),
    Route("/protection/signalements.csv", contests, methods=["GET"]),
]
