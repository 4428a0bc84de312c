"""What signing in by a provider needs from the directory; bound in `app`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cordee.identity.ins.traits import StrictTraits


class Directory(Protocol):
    """Finds who and what a national number names."""

    async def structure(self, numbers: Sequence[str]) -> tuple[str, str] | None:
        """`Organization/id` and name of the first number (FINESS, SIRET ...) that is known."""
        ...

    async def practitioner(self, rpps: str) -> str:
        """`Practitioner/id` of an RPPS, empty when none or several have it."""
        ...


class Citizens(Protocol):
    """Finds which patient of the region a citizen is."""

    async def patient(self, traits: StrictTraits) -> str:
        """The bare id of the one qualified identity with exactly these traits, else empty."""
        ...
