"""Who does what in the warehouse: the functions of accounts, and what each opens. Rule: G1.7."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.identity.principal import ANALYST, COMMITTEE, DATA_MANAGER, DPO, STEERING, WAREHOUSE
from cordee.population.callers import (
    BOARDS,
    CATALOGUE,
    COHORTS,
    FIGURES,
    INDICATORS,
    KEEPING,
    QUALITY,
    REGISTER,
    RIGHTS,
    TICKETS,
    VERSIONS,
    need,
)
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page

TEMPLATE: Final = "population/templates/roles.html"
ROLES: Final = {
    STEERING: _("Pilotage régional"), WAREHOUSE: _("Responsable de mise en œuvre"),
    DATA_MANAGER: _("Data manager"), ANALYST: _("Analyste"), COMMITTEE: _("Comité"),
    DPO: _("DPO"),
}  # fmt: skip
NAMES: Final = {
    INDICATORS: _("Lire les définitions des indicateurs"),
    FIGURES: _("Lire les nombres par territoire"),
    COHORTS: _("Demander la taille d’une cohorte"),
    VERSIONS: _("Lire les versions et les propositions"),
    KEEPING: _("Figer une version, enregistrer une proposition"),
    BOARDS: _("Aligner les territoires"),
    QUALITY: _("Lire la qualité des sources"),
    TICKETS: _("Signaler à une source, suivre un ticket"),
    CATALOGUE: _("Lire le catalogue"),
    REGISTER: _("Relire le registre des questions"),
}


async def show(request: Request) -> Response:
    """Give the table of roles, with the own ones."""
    principal = signed_in(request).principal
    need(principal, CATALOGUE)
    own = [name for code, name in ROLES.items() if code in principal.functions]
    lines = [
        (name, [code in RIGHTS[right] for code in ROLES], name in _own(principal.functions))
        for right, name in NAMES.items()
    ]
    return page(request, TEMPLATE, roles=list(ROLES.values()), lines=lines, own=own)


def _own(functions: frozenset[str]) -> set[str]:
    return {name for right, name in NAMES.items() if RIGHTS[right] & functions}


routes: Final = [Route("/population/roles", show, methods=["GET"])]
