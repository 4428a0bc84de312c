"""Contained resources and the `#id` that name them.

Rule: https://hl7.org/fhir/R4/references.html#contained (dom-2 to dom-5, ref-1)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cordee.fhir.validation.problem import (
    FINE,
    LOCAL,
    Problem,
    Problems,
    below,
    error,
    warning,
)


def check_contained(contained: Mapping[str, Any]) -> Problems:
    """Problems of one contained resource that a resource of its own would not have."""
    found: list[Problem] = []
    if "contained" in contained:
        found += error(
            "invariant",
            "a contained resource contains nothing; move this to the outer resource (dom-2)",
            ".contained",
        )
    if "id" not in contained:
        found += error("required", "a contained resource needs an id; add one", ".id")
    meta = contained.get("meta")
    if isinstance(meta, Mapping):
        for name in ("versionId", "lastUpdated", "security"):
            if name in meta:
                found += error(
                    "invariant",
                    f"a contained resource has no {name}; remove it (dom-4, dom-5)",
                    f".meta.{name}",
                )
    return found


def settle(resource: Mapping[str, Any], problems: Problems) -> Problems:
    """Problems with each `#id` resolved: to nothing, or to an error where nothing has it."""
    contained = _contained_types(resource)
    settled: list[Problem] = []
    for problem in problems:
        if problem.severity == LOCAL:
            settled += below(problem.path, _resolve(problem, contained))
        else:
            settled.append(problem)
    settled += _unreferenced(resource)
    return settled


def _contained_types(resource: Mapping[str, Any]) -> dict[str, str]:
    types = {"": str(resource.get("resourceType"))}
    for inner in _contained(resource):
        types[str(inner.get("id")).removeprefix("#")] = str(inner.get("resourceType"))
    return types


def _contained(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    inside = resource.get("contained")
    if not isinstance(inside, list):
        return []
    return [inner for inner in inside if isinstance(inner, Mapping)]


def _resolve(problem: Problem, contained: Mapping[str, str]) -> Problems:
    kind = contained.get(problem.local)
    if kind is None:
        return error(
            "value",
            "no contained resource has this id; contain it or refer to a resource (ref-1)",
        )
    if problem.targets and kind not in problem.targets:
        choice = ", ".join(problem.targets)
        return error("structure", f"a reference to {kind} is not allowed here; refer to {choice}")
    return FINE


def _unreferenced(resource: Mapping[str, Any]) -> Iterator[Problem]:
    """Warnings for contained resources out of use: neither named nor naming their container."""
    inside = resource.get("contained")
    if not isinstance(inside, list):
        return
    named = set(_fragments(resource))
    for index, inner in enumerate(inside):
        if (
            isinstance(inner, Mapping)
            and f"#{inner.get('id')}" not in named
            and "#" not in _fragments(inner)
        ):
            yield from warning(
                "invariant",
                "nothing refers to this contained resource; refer to it or remove it (dom-3)",
                f".contained[{index}]",
            )


def _fragments(value: Any) -> Iterator[str]:
    """All texts below that start with `#`."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, str):
            if current.startswith("#"):
                yield current
        elif isinstance(current, Mapping):
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)
