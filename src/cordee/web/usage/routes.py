"""How the platform is used, on the screen, as CSV and as JSON with its definitions. B1.14."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cordee.access.figures.documents import FEW
from cordee.access.figures.usage import DEFINITIONS, Usage, UsageFigures
from cordee.runtime.errors import NotFound
from cordee.web.documents.figures import number_of
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "usage/templates/usage.html"
PATH: Final = "/pilotage/usage"
_LABELS: Final = {
    "files": _("Dossiers de coordination ouverts"),
    "professionals": _("Professionnels actifs"),
    "messages": _("Messages"),
    "read": _("Messages lus en 24 heures"),
}


async def show(request: Request) -> Response:
    """Give the figures now."""
    found = await _now(request)
    rows = [(code, _(_LABELS[code]), text, _(DEFINITIONS[code])) for code, text in _told(found)]
    return page(
        request, TEMPLATE, rows=rows, structures=found.structures, number=number_of, few=FEW,
        at=found.at, export=f"{PATH}.csv", data=f"{PATH}.json",
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the same as CSV: code, label, value, definition."""
    found = await _now(request)
    head = [_("Code"), _("Indicateur"), _("Structure"), _("Valeur"), _("Définition")]
    lines = [
        [code, _(_LABELS[code]), "", text, _(DEFINITIONS[code])] for code, text in _told(found)
    ]
    for one in found.structures:
        told = {"professionals": one.professionals, "messages": one.messages}
        lines += [
            [code, _(_LABELS[code]), one.structure, number_of(count), ""]
            for code, count in told.items()
        ]
    return spreadsheet(f"usage-{found.at:%Y-%m-%d}.csv", head, lines)


async def data(request: Request) -> Response:
    """Give the four figures as JSON, for the comparison of regions."""
    found = await _now(request)
    values = {
        "files": found.files, "professionals": found.professionals, "messages": found.messages,
        "read": None if found.read is None else round(found.read, 4),
    }  # fmt: skip
    return JSONResponse(
        {
            "at": found.at.isoformat(timespec="seconds"),
            "figures": [
                {"code": code, "value": value, "definition": DEFINITIONS[code]}
                for code, value in values.items()
            ],
        }
    )


def _told(found: Usage) -> list[tuple[str, str]]:
    read = _("rien à lire") if found.read is None else f"{found.read * 100:.0f} %"
    return [
        ("files", str(found.files)), ("professionals", str(found.professionals)),
        ("messages", str(found.messages)), ("read", read),
    ]  # fmt: skip


async def _now(request: Request) -> Usage:
    figures: UsageFigures | None = request.app.state.ports.usage
    account = signed_in(request)
    if figures is None:
        raise NotFound("there are no figures here")
    return await figures.now(account.principal, request.app.state.settings.clock())


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", export, methods=["GET"]),
    Route(f"{PATH}.json", data, methods=["GET"]),
]
