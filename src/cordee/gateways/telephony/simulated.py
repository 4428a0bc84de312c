"""A switchboard in this process, for the demonstration and tests: it rings as an evening does."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from uuid import uuid4

from cordee.care.regulation.telephony import Heard, LineEvent
from cordee.runtime import clock
from cordee.runtime.errors import Conflict, Unavailable

AWAY: Final = "sip:absent@simulated"
"""A telephone that nobody picks up."""
_NUMBERS: Final = 40
_PATIENCE_SECONDS: Final = 240.0
_MOST_RINGING: Final = 18
_AT_FIRST: Final = 10
_HOUR: Final = 3600.0


class SimulatedSwitchboard:
    """See `care.regulation.telephony.Switchboard`; no voice anywhere."""

    def __init__(self, seed: int = 0, *, hourly: int = 0) -> None:
        """So many calls an hour; for 0 none rings by itself. Who waits gives up at four minutes."""
        self._chance = random.Random(seed)  # noqa: S311 -- a demonstration, no secret
        self._every = _HOUR / hourly if hourly else 0.0
        self._told: asyncio.Queue[LineEvent | None] = asyncio.Queue()
        self._rings: dict[str, float] = {}
        self._speaks: dict[str, list[str]] = {}
        self._numbers: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begins to ring; at that rate some wait already."""
        if self._every:
            for number in reversed(range(min(_AT_FIRST, int(_PATIENCE_SECONDS / self._every)))):
                self.ring(ago=number * self._every)
            self._task = asyncio.create_task(self._turn())

    async def close(self) -> None:
        """Ends; what is told ends too."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._told.put(None)

    async def events(self) -> AsyncIterator[LineEvent]:
        """What happens, until closed."""
        while (event := await self._told.get()) is not None:
            yield event

    def ring(self, number: str = "", line: str = "15", *, ago: float = 0.0) -> str:
        """Lets a call ring since so many seconds; its id at this switchboard."""
        call = uuid4().hex  # never that of a switchboard that ran before
        self._numbers[call] = number or f"06000000{self._chance.randrange(_NUMBERS):02d}"
        self._rings[call] = asyncio.get_running_loop().time() - ago
        at = clock.now() - timedelta(seconds=ago)
        self._told.put_nowait(LineEvent(Heard.RINGS, call, at, self._numbers[call], line))
        return call

    async def answer(self, call: str, position: str) -> None:
        """The notice is heard, then the position."""
        if call not in self._rings:
            raise Conflict("Cet appel est déjà pris.")
        self._reach(call, position)
        del self._rings[call]
        self._speaks[call] = [position]
        self._tell(Heard.NOTICE, call)
        self._tell(Heard.ANSWERED, call, position)

    async def transfer(self, call: str, position: str) -> None:
        """The caller speaks with another position."""
        self._talk(call)
        self._reach(call, position)
        self._speaks[call] = [position]
        self._tell(Heard.TRANSFERRED, call, position)

    async def conference(self, call: str, third: str) -> None:
        """A third person speaks too."""
        self._talk(call)
        self._reach(call, third)
        self._speaks[call].append(third)
        self._tell(Heard.JOINED, call, third)

    async def hang_up(self, call: str) -> None:
        """The call is over for all."""
        if call not in self._rings and call not in self._speaks:
            raise Conflict("Cet appel n’est plus là.")
        self._over(call, Heard.ENDED)

    def _talk(self, call: str) -> list[str]:
        if call not in self._speaks:
            raise Conflict("Décrochez d’abord.")
        return self._speaks[call]

    def _reach(self, call: str, who: str) -> None:
        if who == AWAY:
            self._tell(Heard.REFUSED, call, who, reason="480")
            raise Unavailable("Ce poste ne répond pas : l’appelant reste en ligne.")

    def _over(self, call: str, kind: Heard) -> None:
        self._rings.pop(call, None)
        self._speaks.pop(call, None)
        self._tell(kind, call)
        self._numbers.pop(call, None)

    def _tell(self, kind: Heard, call: str, who: str = "", *, reason: str = "") -> None:
        number = self._numbers.get(call, "")
        self._told.put_nowait(LineEvent(kind, call, clock.now(), number, "", who, reason))

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                gone = loop.time() - _PATIENCE_SECONDS
                for call in [one for one, since in self._rings.items() if since < gone]:
                    self._over(call, Heard.ABANDONED)
                if len(self._rings) < _MOST_RINGING:
                    self.ring()
                await asyncio.sleep(self._every)
