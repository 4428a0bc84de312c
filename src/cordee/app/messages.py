"""The desk of messages bound to the guarded kernel and the scanner, and their clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cordee.access.guard import Guard
from cordee.app.circles import ring_of
from cordee.app.store import KernelStore, system
from cordee.care.circle.steps import Register
from cordee.care.messaging.absences import Absences
from cordee.care.messaging.clocks import Clocks
from cordee.care.messaging.desk import MessageDesk
from cordee.care.messaging.following import Pulse
from cordee.care.messaging.reading import Reading
from cordee.care.messaging.sealing import Seal
from cordee.care.messaging.writing import Means, Writing
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import Database

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

AGENT = "messages"
"""Who the trail says looked up a coordinator, and told them."""


def message_desk(parts: Parts) -> MessageDesk:
    """The services of messages of this process."""
    store = KernelStore(parts.kernel, parts.guard)
    reading = Reading(parts.database, store)
    seal = Seal(lambda: ring_of(parts.kernel))
    scanner = parts.settings.scanner
    means = Means(parts.database, store, seal, parts.kernel.keys, scanner)
    writing = Writing(means, reading)
    return MessageDesk(reading, writing, Absences(parts.database, store), Pulse(reading))


def message_clocks(database: Database, kernel: Kernel, guard: Guard) -> Clocks:
    """What escalates messages that nobody read in time."""
    register = Register(kernel.keys, lambda: ring_of(kernel))
    return Clocks(database, KernelStore(kernel, guard), register, system(AGENT))
