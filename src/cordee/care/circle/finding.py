"""Whom to invite: professionals and structures of the directory, by name; how they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cordee.care.circle.territory import county_of
from cordee.care.store import Resource, Store
from cordee.identity.principal import Principal

_MOST = 12
_FEWEST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody, or a structure, of the directory; `county` is that of the structure."""

    reference: str
    name: str
    profession: str
    structure: str
    structure_name: str
    county: str


async def find_candidates(store: Store, principal: Principal, typed: str) -> tuple[Candidate, ...]:
    """Professionals, each with a place of work, then structures, whose names begin so."""
    words = typed.split()[:4]
    if len("".join(words)) < _FEWEST_LETTERS:
        return ()
    names = "&".join(f"name={quote(word)}" for word in words)
    people = await store.search(
        principal, "Practitioner",
        f"{names}&_count={_MOST}&_revinclude=PractitionerRole:practitioner"
        "&_include:iterate=PractitionerRole:organization",
    )  # fmt: skip
    places = await store.search(principal, "Organization", f"{names}&_count={_MOST}")
    return (*_professionals(people), *(_place(one) for one in places if one.get("active", True)))


async def places_of(
    store: Store, principal: Principal, references: Iterable[str]
) -> Mapping[str, Resource]:
    """Structures by their references, for how to reach them and in which département they are."""
    keys = sorted({one.partition("/")[2] for one in references if one.startswith("Organization/")})
    if not keys:
        return {}
    criteria = f"_id={','.join(keys)}&_count={len(keys)}"
    found = await store.search(principal, "Organization", criteria)
    return {f"Organization/{one['id']}": one for one in found}


async def known_names(
    store: Store, principal: Principal, references: Iterable[str]
) -> Mapping[str, str]:
    """How the directory names professionals and structures, by reference; others are absent."""
    wanted = frozenset(references)
    found: dict[str, str] = {}
    for kind in ("Practitioner", "Organization"):
        keys = sorted(one.partition("/")[2] for one in wanted if one.startswith(f"{kind}/"))
        if keys:
            criteria = f"_id={','.join(keys)}&_count={len(keys)}"
            for one in await store.search(principal, kind, criteria):
                name = human_name(one) if kind == "Practitioner" else str(one.get("name", ""))
                found[f"{kind}/{one['id']}"] = name
    return found


async def works_at(store: Store, principal: Principal, person: str, structure: str) -> bool:
    """Whether the directory knows a professional at a structure."""
    criteria = f"practitioner={person}&organization={structure}&active=true&_count=1"
    return bool(await store.search(principal, "PractitionerRole", criteria))


def phone_of(resource: Mapping[str, Any]) -> str:
    """The first telephone number that a resource gives."""
    telecoms = resource.get("telecom") or ()
    return next((str(one.get("value", "")) for one in telecoms if one.get("system") == "phone"), "")


def _professionals(found: list[Resource]) -> list[Candidate]:
    places = {f"Organization/{r['id']}": r for r in found if r["resourceType"] == "Organization"}
    roles: dict[str, list[Resource]] = {}
    for one in found:
        if one["resourceType"] == "PractitionerRole" and one.get("active", True):
            who = str((one.get("practitioner") or {}).get("reference", ""))
            roles.setdefault(who, []).append(one)
    made: list[Candidate] = []
    for one in found:
        if one["resourceType"] != "Practitioner":
            continue
        reference = f"Practitioner/{one['id']}"
        for role in roles.get(reference, [{}]):
            place = str((role.get("organization") or {}).get("reference", ""))
            known = places.get(place, {})
            made.append(
                Candidate(
                    reference,
                    human_name(one),
                    _profession(role),
                    place,
                    str(known.get("name", "")),
                    county_of(known),
                )
            )
    return made


def _place(one: Resource) -> Candidate:
    return Candidate(
        f"Organization/{one['id']}", str(one.get("name", "")), "", "", "", county_of(one)
    )


def human_name(one: Resource) -> str:
    """The first name of a person, "" where none is given."""
    name: Mapping[str, Any] = next(iter(one.get("name") or ()), {})
    if name.get("text"):
        return str(name["text"])
    parts = [*name.get("prefix", ()), *name.get("given", ())[:1], name.get("family", "")]
    return " ".join(part for part in parts if part)


def _profession(role: Mapping[str, Any]) -> str:
    concepts: list[Mapping[str, Any]] = list(role.get("code") or ())
    for one in reversed(concepts):
        codings: list[Mapping[str, Any]] = list(one.get("coding") or ())
        text = one.get("text") or next((c.get("display") for c in codings if c.get("display")), "")
        if text:
            return str(text)
    return ""
