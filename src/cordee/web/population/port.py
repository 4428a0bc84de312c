"""What the pages of population health ask for; light: engines are behind it."""

from __future__ import annotations

from typing import Any, Protocol

from cordee.identity.principal import Principal


class Population(Protocol):
    """Answers of `population.desk.Desk`, found beside the loop."""

    async def ask(self, what: str, principal: Principal, *told: Any) -> Any:
        """What a method of the desk answers to somebody."""
        ...
