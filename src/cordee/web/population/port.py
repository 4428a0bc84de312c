"""What the pages of population health ask for; light: engines are behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from cordee.identity.principal import Principal


class Population(Protocol):
    """Answers of `population.desk.Desk`, found beside the loop."""

    async def ask(self, what: str, principal: Principal, *told: Any) -> Any:
        """What a method of the desk answers to somebody."""
        ...

    async def draw(self, specification: str) -> str:
        """The SVG of a Vega-Lite specification that holds nothing but figures that are told."""
        ...

    async def count(
        self, principal: Principal, definition: str, asked: Mapping[str, Any], source: str
    ) -> tuple[bool, str, list[tuple[str, str]]]:
        """How large a cohort is: whether it was told, the words, what was told before."""
        ...
