"""Problems while they travel up the tree: each parent puts its own step before their path."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

LOCAL: Final = "local"
"""Severity of a problem that the resource settles: a `#id` whose contained resource is sought."""


class Problem(NamedTuple):
    """One problem below a place that is not known yet; `local` is the id that a `#id` names."""

    severity: str
    code: str
    path: str
    message: str
    local: str = ""
    targets: tuple[str, ...] = ()


Problems = Sequence[Problem]
Checker = Callable[[Any], Problems]

FINE: Final[tuple[Problem, ...]] = ()


def error(code: str, message: str, path: str = "") -> tuple[Problem, ...]:
    """One error, at the place that is being checked or at `path` below it."""
    return (Problem("error", code, path, message),)


def warning(code: str, message: str, path: str = "") -> tuple[Problem, ...]:
    """One warning, at the place that is being checked or at `path` below it."""
    return (Problem("warning", code, path, message),)


def below(step: str, problems: Problems) -> list[Problem]:
    """Problems as seen from one step higher; `step` is `.name` or `[3]`."""
    return [problem._replace(path=step + problem.path) for problem in problems]


def shown_name(name: str) -> str:
    """Property name fit for a message: names that no element could have are left out."""
    return name if SAFE_NAME.fullmatch(name) else "(unreadable name)"
