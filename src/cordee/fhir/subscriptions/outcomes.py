"""How long a failing endpoint is tried again, and when it is given up."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cordee.fhir.subscriptions.calling import Failed

_FIRST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 900.0
_MOST_DOUBLINGS: Final = 16


@dataclass(frozen=True, slots=True)
class Patience:
    """How often what is refused is sent again, and how long an endpoint may be away."""

    refusals: int = 3
    away: timedelta = timedelta(hours=12)
    first: float = _FIRST_SECONDS
    longest: float = _LONGEST_SECONDS

    def pause(self, tries: int) -> timedelta:
        """Back-off that doubles, between half of it and all of it, so that not all come at once."""
        full = min(self.first * 2 ** min(tries, _MOST_DOUBLINGS), self.longest)
        return timedelta(seconds=full * (0.5 + random.random() / 2))  # noqa: S311 -- no secret

    def is_over(self, failed: Failed, tries: int, since: datetime | None, moment: datetime) -> bool:
        """Whether there is no use in another try, after so many failures before this one."""
        if failed.is_gone:
            return True
        if failed.is_final:
            return tries + 1 >= self.refusals
        return since is not None and moment - since >= self.away
