"""The catalogue of the warehouse: a list, a page a dataset with its lineage, JSON-LD, validation.

Rule: G1.9.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.population.callers import FIGURES, QUALITY
from cordee.population.catalogue.dcat import catalogue, missing
from cordee.population.catalogue.texts import OPEN, RESTRICTED, TOLD, shipped, shipped_profile
from cordee.runtime.errors import NotFound
from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.patience import patiently
from cordee.web.population import words
from cordee.web.population.asking import ask
from cordee.web.rendering import page

LIST: Final = "population/templates/catalogue.html"
ONE: Final = "population/templates/dataset.html"
CHECKED: Final = "population/templates/catalogue_validation.html"
PATH: Final = "/population/catalogue"
KINDS: Final = {
    "indicateur": _("Indicateurs publiés"), "faits": _("Faits"), "lac": _("Lac, ressources FHIR"),
    "source": _("Autres sources"), "ouvert": _("Données ouvertes"),
}  # fmt: skip
ACCESS: Final = {
    RESTRICTED: _("par projet, dans l’entrepôt"), TOLD: _("nombres publiés"), OPEN: _("ouvertes"),
}  # fmt: skip


async def index(request: Request) -> Response:
    """Give the datasets, by kind and words."""
    every = await ask(request, "catalogue")
    kind, text = (request.query_params.get(one, "") for one in ("nature", "texte"))
    wanted = text.casefold().strip()
    found: dict[str, list[Any]] = {}
    for one in every:
        said = f"{one.title} {one.description} {one.theme} {one.origin}".casefold()
        if kind in {"", one.kind} and wanted in said:
            found.setdefault(str(KINDS[one.kind]), []).append(_entry(one))
    return page(
        request, LIST, groups=found, kinds=KINDS, kind=kind, text=text, total=len(every),
        holder=shipped().holder, contact=shipped().contact.removeprefix("mailto:"),
    )  # fmt: skip


async def show(request: Request) -> Response:
    """Give a dataset: what it is, its columns, what it is made of and what is made of it."""
    every = {one.id: one for one in await ask(request, "catalogue")}
    one = every.get(request.path_params["dataset"])
    if one is None:
        raise NotFound("there is no such dataset")
    told = shipped()
    return page(
        request, ONE, dataset=_entry(one), variables=one.variables, texts=told,
        access=told.access[one.access].words, codings=", ".join(one.codings),
        above=_chain(every, one.id), link=_link(one), is_personal=one.is_personal,
        below=[_entry(each) for each in every.values() if one.id in each.made_of],
    )  # fmt: skip


async def linked(request: Request) -> Response:
    """Give the catalogue, or one dataset of it, as JSON-LD."""
    told, name = await _told(request), request.query_params.get("jeu", "")
    if name:
        found = {one["dct:identifier"]: one for one in told["dcat:dataset"]}
        if name not in found:
            raise NotFound("there is no such dataset")
        told = {"@context": told["@context"], **found[name]}
    headers = {"content-disposition": 'attachment; filename="catalogue.jsonld"'}
    return Response(orjson.dumps(told), media_type="application/ld+json", headers=headers)


async def validation(request: Request) -> Response:
    """Give what the catalogue lacks of what its profile asks."""
    told, profile = await _told(request), shipped_profile()
    found = missing(told, profile)
    return page(
        request, CHECKED, count=len(told["dcat:dataset"]), profile=profile,
        wrong=[one for one in found if one.is_mandatory],
        wished=[one for one in found if not one.is_mandatory],
    )  # fmt: skip


async def _told(request: Request) -> dict[str, Any]:
    every, day = await ask(request, "catalogue"), request.app.state.settings.clock().date()
    return catalogue(every, shipped(), str(request.base_url).rstrip("/"), day)


def _entry(one: Any) -> dict[str, Any]:
    return {
        "id": one.id, "title": one.title, "description": one.description, "origin": one.origin,
        "kind": KINDS[one.kind], "access": ACCESS[one.access], "version": one.version,
        "theme": one.theme, "licence": one.licence,
        "updated": words.day(one.updated) if one.updated else "",
        "start": words.day(one.start) if one.start else "",
        "end": words.day(one.end) if one.end else "",
        "people": number(one.people) if one.people else "",
        "records": number(one.records) if one.records else "", "watched": one.watched,
    }  # fmt: skip


def _chain(every: Any, name: str, depth: int = 0) -> list[tuple[int, dict[str, Any]]]:
    """What a dataset is made of, each below what is made of it, with its depth."""
    found: list[tuple[int, dict[str, Any]]] = []
    for part in every[name].made_of:
        found.append((depth, _entry(every[part])))
        found += _chain(every, part, depth + 1)
    return found


def _link(one: Any) -> tuple[str, str]:
    """The page where it is read, if any, and the right that opens it."""
    name = one.id.partition("-")[2]
    return {
        "indicateur": (f"/population/{name}", FIGURES),
        "ouvert": ("/population/ailleurs", FIGURES), "faits": ("/population/qualite", QUALITY),
    }.get(one.kind, ("", FIGURES))  # fmt: skip


routes: Final = [
    Route(PATH, patiently(index), methods=["GET"]),
    Route(f"{PATH}.jsonld", linked, methods=["GET"]),
    Route(f"{PATH}/validation", validation, methods=["GET"]),
    Route(f"{PATH}/{{dataset}}", show, methods=["GET"]),
]
