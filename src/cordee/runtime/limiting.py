"""How often somebody may ask: token buckets in the memory of one process.

They keep one caller from taking the machine from all others. What must be counted across processes,
wrong passwords and codes, is counted in the database (`identity.accounts.throttling`).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields

from cordee.runtime.errors import InvalidRequest, Throttled

_MOST_KEYS = 50_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a minute, 0 for any number; `entry` and `oauth` by address, the rest by caller."""

    person: int = 3000  # /fhir, a person and the applications that act for them
    system: int = 0  # /fhir, a system
    identity: int = 120  # searches of identity over the region
    entry: int = 1200  # sign-in, provider start and return, passkeys: a hospital is one address
    oauth: int = 1200


class Limiter:
    """Buckets that hold one minute's requests and fill steadily, one for each key."""

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        most_keys: int = _MOST_KEYS,
    ) -> None:
        """No limit for 0; beyond `most_keys` the one that asked longest ago is forgotten."""
        self._per_minute = per_minute
        self._clock = clock
        self._most_keys = most_keys
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> int:
        """0 when the request goes on, else the whole seconds after which the next one would."""
        if not self._per_minute:
            return 0
        now = self._clock()
        left, since = self._buckets.pop(key, (float(self._per_minute), now))
        rate = self._per_minute / 60
        left = min(float(self._per_minute), left + (now - since) * rate)
        wait = 0 if left >= 1 else max(1, math.ceil((1 - left) / rate))
        self._buckets[key] = (left if wait else left - 1, now)
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)
        return wait

    def check(self, key: Hashable) -> None:
        """Takes one; raises `Throttled` that says when to come back."""
        wait = self.take(key)
        if wait:
            raise Throttled(f"too many requests; try again in {wait} s", seconds=wait)


def read_rates(text: str) -> Rates:
    """Rates of `person=3000 entry=600`; what is not named keeps its default.

    Raises `InvalidRequest` for a name that is not known or a number that is none.
    """
    known = {one.name for one in fields(Rates)}
    given: dict[str, int] = {}
    for part in text.replace(",", " ").split():
        name, _, number = part.partition("=")
        if name not in known or not number.isdecimal():
            names = ", ".join(sorted(known))
            raise InvalidRequest(f"CORDEE_RATES: give name=number, names among {names}")
        given[name] = int(number)
    return Rates(**given)
