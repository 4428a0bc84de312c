"""Whose turn it is on `/fhir`: by person, by system, and for searches of identity."""

from __future__ import annotations

from cordee.identity.principal import Principal
from cordee.runtime.limiting import Limiter, Rates

_IDENTITY = ["Patient", "$match"]


class Turns:
    """The limits of one process; a Bundle is one request."""

    def __init__(self, rates: Rates) -> None:
        """Nobody has asked yet."""
        self._person, self._system = Limiter(rates.person), Limiter(rates.system)
        self._identity = Limiter(rates.identity)

    def check(self, principal: Principal, parts: list[str]) -> None:
        """Raises `Throttled` when this caller asks too often.

        What applications do for a person counts together with what the person does.
        """
        if principal.is_system:
            self._system.check(principal.user or principal.client)
            return
        self._person.check(principal.user)
        if parts == _IDENTITY:
            self._identity.check(principal.user)
