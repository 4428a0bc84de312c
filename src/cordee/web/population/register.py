"""The register of questions of population health, for who steers and the DPO. Rule: G1.7."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.population.readings import Read, Readings
from cordee.runtime import french
from cordee.runtime.errors import NotFound
from cordee.runtime.french import number
from cordee.web.forms import place_of
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "population/templates/register.html"
PATH: Final = "/population/registre"
SIZE: Final = 50
_MOST: Final = 10_000
NAMES: Final = {
    "answer": _("Indicateur par territoire"), "cohort": _("Taille d’une cohorte"),
    "elsewhere": _("Données ouvertes"), "followed": _("Avant et après"),
    "layer": _("Calque"), "own_structure": _("Mon établissement"),
    "siting": _("Simulateur d’implantation"),
}  # fmt: skip


WORDS: Final = {
    "indicator": _("indicateur"), "level": _("niveau"), "kind": _("lecture"),
    "reference": _("référence"), "day": _("jour"), "group": _("groupe"), "year": _("année"),
    "sex": _("sexe"), "age": _("âge"), "event": _("évènement"), "codes": _("codes"),
    "within": _("dans"), "at_least": _("au moins"), "below": _("moins de"), "times": _("fois"),
    "all": _("tous"), "any": _("l’un de"), "none": _("aucun de"), "acted": _("territoires agis"),
    "controls": _("témoins"), "sites": _("lieux"), "name": _("nom"),
    "doctor": _("médecin traitant"),
    "unit": _("unité"), "detail": _("motif"), "lasting": _("encore actif"),
}  # fmt: skip
"""What a question names, in words."""


async def show(request: Request) -> Response:
    """Give a page of the register."""
    first = place_of(request.query_params.get("depuis", "0"))
    what, words = _asked(request)
    lines, total = await _register(request).page(
        signed_in(request).principal, (what, words), first, SIZE
    )
    return page(
        request, TEMPLATE, lines=[_view(one) for one in lines], names=NAMES, what=what, words=words,
        first=number(first + 1), last=number(first + len(lines)), total=number(total),
        older=_turn(request, first + SIZE) if first + SIZE < total else "",
        newer=_turn(request, max(0, first - SIZE)) if first else "",
        query=str(request.url.query),
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the same lines as CSV, ten thousand at most."""
    lines, _total = await _register(request).page(
        signed_in(request).principal, _asked(request), 0, _MOST
    )
    head = [_("le"), _("par"), _("lecture"), _("question, telle que posée")]
    return spreadsheet("registre-des-questions.csv", head, [
        [one.at.isoformat(timespec="seconds"), one.name, NAMES[one.what], one.asked]
        for one in lines
    ])  # fmt: skip


def _asked(request: Request) -> tuple[str, str]:
    what = request.query_params.get("lecture", "")
    return what if what in NAMES else "", request.query_params.get("texte", "").strip()[:200]


def _view(one: Read) -> dict[str, Any]:
    local = one.at.astimezone(french.PARIS)
    return {
        "at": f"{french.short_date(local.date())}, {french.clock(local)}", "name": one.name,
        "what": NAMES[one.what], "asked": _readable(one.asked),
    }  # fmt: skip


def _readable(text: str) -> str:
    """What was asked, without the signs of its form; the file has it as it was."""
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:  # cut at its greatest length
        return text
    return " ; ".join(part for one in told if (part := _part(one)))


def _part(told: Any) -> str:
    if isinstance(told, dict):
        some = {name: _part(value) for name, value in told.items()}
        return ", ".join(
            f"{WORDS.get(name, name)} : {value}" for name, value in some.items() if value
        )
    if isinstance(told, list):
        return ", ".join(filter(None, map(_part, told)))
    return "" if told is None else str(told)


def _turn(request: Request, first: int) -> str:
    return str(request.url.include_query_params(depuis=first).replace(scheme="", netloc=""))


def _register(request: Request) -> Readings:
    found: Readings | None = request.app.state.ports.readings
    if found is None:
        raise NotFound("there is no register here")
    return found


routes: Final = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}/lignes.csv", export, methods=["GET"]),
]
