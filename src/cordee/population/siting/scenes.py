"""A scenario of siting as it is asked; light, for faces that load no solver."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """Sites by the codes of their communes."""

    name: str
    sites: tuple[str, ...]
