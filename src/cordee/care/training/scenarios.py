"""The invented calls of training, as a file of ours says them. Requirement C1.13."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from cordee.care.regulation.decisions import KINDS
from cordee.care.regulation.motives import YES, Motive, motives

FALSE_CALL: Final = "faux-appel"
"""What is expected of a call that is none: the case is closed as one."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation: `says` are first words of which one is drawn, `answers` by question.

    `expected` is the decision to take, `accepts` those that may be defended.
    """

    motive: str
    weight: int
    ages: tuple[int, int]
    says: tuple[str, ...]
    answers: Mapping[str, str]
    flags: frozenset[str]
    priority: str
    expected: str
    accepts: tuple[str, ...]
    reason: str


@lru_cache(maxsize=1)
def scenarios() -> tuple[Scenario, ...]:
    """All of them, in the order of the file; `ValueError` for a wrong one."""
    text = files("cordee.care.training").joinpath("scenarios.toml").read_text(encoding="utf-8")
    return tuple(_scenario(n, row) for n, row in enumerate(tomllib.loads(text)["scenario"], 1))


def _scenario(n: int, row: Mapping[str, Any]) -> Scenario:
    motive = motives().get(row["motive"])
    decisions = [row["decision"], *row.get("accepts", ())]
    if motive is None or not set(decisions) <= {*KINDS, FALSE_CALL} or not row["says"]:
        raise ValueError(f"scenarios.toml: {n}")
    flags = frozenset(f"f{one}" for one in row["flags"])
    asked = [one.key for one in motive.questions if not one.raises]
    if not flags <= _flags(motive) or len(asked) != len(row["answers"]):
        raise ValueError(f"scenarios.toml: {n}")
    low, high = row["ages"]
    return Scenario(
        motive.code, row["weight"], (low, high), tuple(row["says"]),
        dict(zip(asked, row["answers"], strict=True)), flags,
        motive.proposed(dict.fromkeys(flags, YES)), row["decision"],
        tuple(row.get("accepts", ())), row["reason"],
    )  # fmt: skip


def _flags(motive: Motive) -> set[str]:
    return {one.key for one in motive.questions if one.raises}
