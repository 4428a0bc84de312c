"""What the page of the Hub needs: figures, what is to be repaired, sending again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cordee.identity.principal import Principal


class Figure(Protocol):
    """How many messages of a client are in a state, since when the oldest."""

    @property
    def client(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def oldest(self) -> datetime: ...


class Line(Protocol):
    """One message, without its content."""

    @property
    def n(self) -> int: ...
    @property
    def direction(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def peer(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def distribution(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def tries(self) -> int: ...
    @property
    def made(self) -> datetime: ...


class HubDesk(Protocol):
    """The Hub as an administrator sees it; all others are told `NotFound`."""

    version: str
    is_linked: bool

    async def figures(self, principal: Principal) -> Sequence[Figure]:
        """Messages by client and state."""
        ...

    async def to_repair(self, principal: Principal, before: int | None) -> Sequence[Line]:
        """What failed, the newest first, at most fifty."""
        ...

    async def again(self, principal: Principal, n: int, recipient: str) -> None:
        """Sends a message again; raises `RuleBroken` for what is no recipient."""
        ...
