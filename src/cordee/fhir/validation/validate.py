"""Validation of resources against the R4 definitions.

Types, cardinalities, formats, references, containment, narratives and required codes are checked
here; invariants that need FHIRPath and profiles are not.
"""

from __future__ import annotations

from typing import Any

from cordee.fhir.validation.problem import Problem
from cordee.fhir.validation.structure import check_resource
from cordee.runtime.errors import Issue, ResourceInvalid

TOO_DEEP = "the resource is nested too deeply; flatten it"


def validate(resource: dict[str, Any], *, where: str | None = None) -> list[Issue]:
    """All problems of a resource, warnings included; empty when it is valid.

    `resource` is what a JSON parser gives. `where` is the path that the issues start with; without
    it, the resource type.
    """
    try:
        problems = check_resource(resource)
    except RecursionError:
        problems = (Problem("error", "structure", "", TOO_DEEP),)
    if not problems:
        return []
    root = where if where is not None else _root(resource)
    return [_issue(root, problem) for problem in problems]


def check(resource: dict[str, Any]) -> list[Issue]:
    """Warnings of a resource that has no error.

    Raises `ResourceInvalid` with all issues when one of them is an error.
    """
    issues = validate(resource)
    if any(issue.severity in ("error", "fatal") for issue in issues):
        raise ResourceInvalid(issues)
    return issues


def _root(resource: Any) -> str:
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    return name if isinstance(name, str) and name.isalpha() and name.isascii() else "Resource"


def _issue(root: str, problem: Problem) -> Issue:
    path = root + problem.path
    return Issue(problem.severity, problem.code, f"{path}: {problem.message}", (path,))
