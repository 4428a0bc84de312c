"""The subscriptions of one process: the door, the reader of the journal, the deliveries."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.listening import Listener
from cordee.fhir.subscriptions.calling import Caller
from cordee.fhir.subscriptions.delivering import Deliverer
from cordee.fhir.subscriptions.keeping import QUERIES
from cordee.fhir.subscriptions.outcomes import Patience
from cordee.fhir.subscriptions.ports import Owners, Policy
from cordee.fhir.subscriptions.recording import Recorder
from cordee.fhir.subscriptions.registering import Register
from cordee.fhir.subscriptions.speaking import Voice
from cordee.fhir.subscriptions.waking import Wakes
from cordee.fhir.subscriptions.watching import Watch


@dataclass(slots=True)
class Subscriptions:
    """All that a process does with subscriptions."""

    kernel: Kernel
    policy: Policy
    owners: Owners
    wakes: Wakes
    caller: Caller
    register: Register
    recorder: Recorder
    deliverer: Deliverer
    watch: Watch
    streams: int = 0
    """How many streams are open in this process."""

    async def run(self) -> None:
        """Reads the journal and delivers until cancelled; every process does, they share it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.wakes.run())
            group.create_task(self.recorder.run())
            group.create_task(self.deliverer.run())

    @property
    def voice(self) -> Voice:
        """How messages are made."""
        return self.deliverer.voice

    async def tidy(self) -> None:
        """Forgets tokens that have ended."""
        async with self.kernel.database.write.acquire() as connection:
            await connection.execute(QUERIES["tidy"])

    async def close(self) -> None:
        """Closes what is open."""
        await self.caller.close()


def make_subscriptions(  # noqa: PLR0913 -- what the engine is made of
    kernel: Kernel,
    policy: Policy,
    owners: Owners,
    wakes: Wakes,
    *,
    listener: Listener | None = None,
    patience: Patience | None = None,
) -> Subscriptions:
    """The engine of a process; nothing runs yet."""
    caller = Caller(policy.networks)
    voice = Voice(kernel.base, policy, caller)
    return Subscriptions(
        kernel=kernel,
        policy=policy,
        owners=owners,
        wakes=wakes,
        caller=caller,
        register=Register(kernel, policy),
        recorder=Recorder(kernel, listener),
        watch=Watch(kernel.database, wakes),
        deliverer=Deliverer(kernel, owners, voice, wakes, patience or Patience()),
    )
