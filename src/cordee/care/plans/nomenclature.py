"""The needs, goals and actions that plans choose from, in editions; plans to begin with.

What ships is edition 1; a region changes it as a CodeSystem of the base, whose number goes up. A
plan keeps the words and the edition that it was written with. Rules: B3.8, B3.10.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from cordee.care.plans.vocabulary import DOMAINS, ENTRIES, NOMENCLATURE
from cordee.care.store import Resource, Store, Write
from cordee.identity.principal import ADMINISTRATOR, Principal
from cordee.runtime.errors import AccessDenied, RuleBroken

ID: Final = "plan-nomenclature"
_CODE: Final = re.compile(r"[A-Z][A-Z0-9-]{1,19}")
_MOST: Final = 500
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One need, goal or action: `more` is the measure of a goal, the kind of an action."""

    code: str
    sort: str
    domain: str
    text: str
    more: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Nomenclature:
    """One edition; `version` is that of its CodeSystem, 0 for what ships."""

    edition: str
    entries: tuple[Entry, ...]
    version: int = 0

    def of(self, sort: str, domain: str = "") -> list[Entry]:
        """What may be chosen, of one sort and domain."""
        return [
            one
            for one in self.entries
            if one.sort == sort and one.active and domain in ("", one.domain)
        ]

    def entry(self, code: str) -> Entry | None:
        """The entry of a code, also one that is no more chosen."""
        return next((one for one in self.entries if one.code == code), None)


@dataclass(frozen=True, slots=True)
class Template:
    """A plan to begin with: needs with their goals, by code; days until its review."""

    code: str
    title: str
    review: int
    needs: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def shipped() -> Nomenclature:
    """The edition that comes with Cordée."""
    told = tomllib.loads(
        files("cordee.care.plans").joinpath("nomenclature.toml").read_text("utf-8")
    )
    found = [
        Entry(code, sort, domain, text, *more)
        for sort in ENTRIES
        for code, domain, text, *more in told[sort]
    ]
    return Nomenclature(str(told["edition"]), tuple(found))


@cache
def templates() -> dict[str, Template]:
    """The plans to begin with, by code."""
    told = tomllib.loads(files("cordee.care.plans").joinpath("templates.toml").read_text("utf-8"))
    return {
        code: Template(
            code, one["title"], one["review"], tuple((need, tuple(of)) for need, of in one["needs"])
        )
        for code, one in told.items()
    }


async def current(store: Store, principal: Principal) -> Nomenclature:
    """The edition in use."""
    rows = await store.search(principal, "CodeSystem", f"_id={ID}&_count=1")
    return next((read(one) for one in rows), shipped())


def read(resource: Resource) -> Nomenclature:
    """An edition of its CodeSystem."""
    entries: list[Entry] = []
    for one in resource.get("concept", ()):
        said = {part["code"]: part for part in one.get("property", ())}
        entries.append(
            Entry(
                one["code"],
                str(said.get("sort", {}).get("valueCode", "")),
                str(said.get("domain", {}).get("valueCode", "")),
                str(one.get("display", "")),
                str(said.get("more", {}).get("valueString", "")),
                said.get("inactive", {}).get("valueBoolean") is not True,
            )
        )
    version = int((resource.get("meta") or {}).get("versionId", 1))
    return Nomenclature(str(resource.get("version", "")), tuple(entries), version)


def may_change(principal: Principal) -> bool:
    """Whether somebody edits the nomenclature: the administrator of the region."""
    return ADMINISTRATOR in principal.functions


async def change(
    store: Store, platform: Principal, principal: Principal, entry: Entry, expected: str
) -> Nomenclature:  # fmt: skip
    """The next edition, with an entry more or changed; `expected` is the edition that was read.

    Raises `AccessDenied` for who may not, `RuleBroken` for what is missing or was changed since.
    """
    if not may_change(principal):
        raise AccessDenied("La nomenclature est tenue par l’administrateur de la région.")
    known = await current(store, platform)
    if known.edition != expected:
        raise RuleBroken("La nomenclature vient de changer : relisez, puis recommencez.")
    _check(entry, known)
    kept = [one for one in known.entries if one.code != entry.code]
    if len(kept) >= _MOST:
        raise RuleBroken("La nomenclature compte 500 lignes au plus.")
    place = next((n for n, one in enumerate(known.entries) if one.code == entry.code), len(kept))
    entries = [*kept[:place], entry, *kept[place:]]
    edition = str(int(known.edition) + 1)
    made = _resource(edition, entries, principal.name)
    if_match = known.version or None
    await store.write(platform, [Write(made, "PUT", if_match)])
    return Nomenclature(edition, tuple(entries), known.version + 1)


def _check(entry: Entry, known: Nomenclature) -> None:
    former = known.entry(entry.code)
    if not _CODE.fullmatch(entry.code):
        raise RuleBroken("Le code compte 2 à 20 capitales, chiffres ou tirets.")
    if entry.sort not in ENTRIES or entry.domain not in DOMAINS:
        raise RuleBroken("Choisissez la sorte et le domaine.")
    if former is not None and former.sort != entry.sort:
        raise RuleBroken("Ce code est déjà celui d’une autre sorte de ligne.")
    if not entry.text.strip() or len(entry.text) > _LONGEST:
        raise RuleBroken("Écrivez le texte, en 200 caractères au plus.")


def _resource(edition: str, entries: Sequence[Entry], author: str) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": ID,
        "url": NOMENCLATURE,
        "version": edition,
        "name": "NomenclatureDesPlans",
        "title": "Besoins, objectifs et actions des plans",
        "status": "active",
        "publisher": author,
        "content": "complete",
        "property": [
            {"code": "sort", "type": "code"},
            {"code": "domain", "type": "code"},
            {"code": "more", "type": "string"},
            {"code": "inactive", "type": "boolean"},
        ],
        "concept": [
            {"code": one.code, "display": one.text, "property": list(_properties(one))}
            for one in entries
        ],
    }


def _properties(entry: Entry) -> Iterable[dict[str, Any]]:
    yield {"code": "sort", "valueCode": entry.sort}
    yield {"code": "domain", "valueCode": entry.domain}
    if entry.more:
        yield {"code": "more", "valueString": entry.more}
    if not entry.active:
        yield {"code": "inactive", "valueBoolean": True}
