"""The desk of circles bound to the guarded kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cordee.app.store import KernelStore, system
from cordee.care.circle.desk import CircleDesk
from cordee.care.circle.inviting import Inviting
from cordee.care.circle.opening import Opening
from cordee.care.circle.steps import Register
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.envelopes import Ring

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

AGENT = "circle"
"""Who the trail says wrote somebody in who accepted."""


def circle_desk(parts: Parts) -> CircleDesk:
    """The services of circles of this process."""
    store = KernelStore(parts.kernel, parts.guard)
    register = Register(parts.kernel.keys, lambda: ring_of(parts.kernel))
    opening = Opening(parts.database, store, register, parts.kernel.keys)
    inviting = Inviting(parts.database, store, register, opening, system(AGENT))
    return CircleDesk(opening, inviting, store)


def ring_of(kernel: Kernel) -> Ring:
    """The keys that seal what stands in tables of our own."""
    ring = kernel.repository.ring
    if ring is None:
        raise AssertionError("the ring is opened with the parts")
    return ring
