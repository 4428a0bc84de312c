"""What the page of the SAS needs: dead letters, accounts at vendors, trying again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cordee.identity.principal import Principal


class Letter(Protocol):
    """An appointment of a vendor that could not be used, without its content."""

    @property
    def n(self) -> int: ...
    @property
    def vendor(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def times(self) -> int: ...
    @property
    def reason(self) -> str: ...


class Known(Protocol):
    """An account of a regulator at a vendor."""

    @property
    def vendor(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def login(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def state(self) -> str: ...
    @property
    def tries(self) -> int: ...
    @property
    def changed(self) -> datetime: ...
    @property
    def reason(self) -> str: ...


class Alone(Protocol):
    """An appointment of one of our regulators that belongs to no case."""

    @property
    def vendor(self) -> str: ...
    @property
    def starts(self) -> datetime: ...
    @property
    def name(self) -> str: ...


class Taken(Protocol):
    """What became of a letter."""

    @property
    def state(self) -> str: ...


class SasDesk(Protocol):
    """The SAS guide as an administrator sees it; all others are told `NotFound`."""

    async def letters(self, principal: Principal) -> Sequence[Letter]:
        """What could not be used, the oldest first; 200 at most."""
        ...

    async def alone(self, principal: Principal) -> Sequence[Alone]:
        """Appointments to come of our regulators that belong to no case; 200 at most."""
        ...

    async def accounts(self, principal: Principal) -> Sequence[Known]:
        """The accounts, what vendors have not taken first; 200 at most."""
        ...

    async def take(self, principal: Principal, number: int) -> Taken:
        """Takes a letter again; raises `NotFound`."""
        ...

    async def lay_aside(self, principal: Principal, number: int) -> None:
        """Gives a letter up; raises `NotFound`."""
        ...

    async def tell(self, principal: Principal, vendor: str, number: str) -> None:
        """Tells a vendor of an account again; raises `NotFound`."""
        ...
