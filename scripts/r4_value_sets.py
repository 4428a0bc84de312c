"""Code lists of value sets and hierarchies of code systems, from the R4 definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
Code = tuple[str, str]

PARENT_PROPERTIES = ("subsumedBy", "parent")


class NotEnumerableError(Exception):
    """The codes are defined elsewhere, or by a rule that only a terminology server knows."""


class CodeLists:
    """Expands value sets from the code systems that travel with the specification."""

    def __init__(self, resources: Iterable[Json]) -> None:
        self._systems: dict[str, Json] = {}
        self._sets: dict[str, Json] = {}
        for resource in resources:
            if resource["resourceType"] == "CodeSystem" and resource.get("content") == "complete":
                self._systems[resource["url"]] = resource
            elif resource["resourceType"] == "ValueSet":
                self._sets[resource["url"]] = resource

    def value_sets(self, urls: Iterable[str]) -> dict[str, dict[str, list[str]] | None]:
        """Codes by system of each value set; None when it cannot be enumerated here."""
        table: dict[str, dict[str, list[str]] | None] = {}
        for url in sorted(urls):
            try:
                codes = self._expand(url)
            except NotEnumerableError:
                table[url] = None
                continue
            by_system: dict[str, list[str]] = {}
            for system, code in sorted(codes):
                by_system.setdefault(system, []).append(code)
            table[url] = by_system
        return table

    def hierarchies(self) -> dict[str, dict[str, list[str]]]:
        """Children of each parent code, for the code systems that have a hierarchy."""
        table = {url: self._children(system) for url, system in sorted(self._systems.items())}
        return {url: children for url, children in table.items() if children}

    def _expand(self, url: str) -> set[Code]:
        value_set = self._sets.get(url.partition("|")[0])
        if value_set is None or "compose" not in value_set:
            raise NotEnumerableError(url)
        codes: set[Code] = set()
        for rule in value_set["compose"]["include"]:
            codes |= self._rule(rule)
        for rule in value_set["compose"].get("exclude", ()):
            codes -= self._rule(rule)
        if not codes:
            raise NotEnumerableError(url)
        return codes

    def _rule(self, rule: Json) -> set[Code]:
        found: list[set[Code]] = [self._expand(url) for url in rule.get("valueSet", ())]
        if "concept" in rule:
            found.append({(rule["system"], concept["code"]) for concept in rule["concept"]})
        elif "system" in rule:
            found.append({(rule["system"], code) for code in self._filtered(rule)})
        return set.intersection(*found)

    def _filtered(self, rule: Json) -> set[str]:
        system = self._systems.get(rule["system"])
        if system is None:
            raise NotEnumerableError(rule["system"])
        codes = {concept["code"] for concept in concepts(system)}
        for condition in rule.get("filter", ()):
            codes &= self._matching(system, condition)
        return codes

    def _matching(self, system: Json, condition: Json) -> set[str]:
        prop, operator, value = condition["property"], condition["op"], condition["value"]
        if prop == "concept" and operator in ("is-a", "descendent-of", "is-not-a"):
            below = self._descendants(system, value)
            if operator == "is-not-a":
                return {concept["code"] for concept in concepts(system)} - below - {value}
            return below | {value} if operator == "is-a" else below
        if operator == "=":
            return {c["code"] for c in concepts(system) if value in property_values(c, prop)}
        raise NotEnumerableError(f"{system['url']} {prop} {operator}")

    def _descendants(self, system: Json, code: str) -> set[str]:
        children = self._children(system)
        below: set[str] = set()
        waiting = [code]
        while waiting:
            for child in children.get(waiting.pop(), ()):
                if child not in below:
                    below.add(child)
                    waiting.append(child)
        return below

    def _children(self, system: Json) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for concept in concepts(system):
            for child in concept.get("concept", ()):
                children.setdefault(concept["code"], []).append(child["code"])
            for name in PARENT_PROPERTIES:
                for parent in property_values(concept, name):
                    below = children.setdefault(parent, [])
                    if concept["code"] not in below:
                        below.append(concept["code"])
        return children


def concepts(holder: Json) -> Iterable[Json]:
    """All concepts below a code system or a concept, depth first."""
    for concept in holder.get("concept", ()):
        yield concept
        yield from concepts(concept)


def property_values(concept: Json, name: str) -> list[str]:
    """Values of one property of a concept, as text."""
    return [
        str(value).lower() if isinstance(value, bool) else str(value)
        for row in concept.get("property", ())
        if row["code"] == name
        for key, value in row.items()
        if key.startswith("value")
    ]
