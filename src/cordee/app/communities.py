"""What a CPTS works with beside its slots, bound to the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cordee.app.slots import SlotDoor, slots
from cordee.app.store import KernelStore
from cordee.care.attractivity.offers import Offers
from cordee.care.attractivity.trainings import Trainings
from cordee.care.cpts.dossier import Dossiers
from cordee.care.cpts.membership import Membership
from cordee.care.crisis.cells import Crises
from cordee.care.prevention.actions import Actions
from cordee.care.prevention.days import VaccinationDays

if TYPE_CHECKING:
    from cordee.app.wiring import Parts


def membership(parts: Parts) -> Membership:
    """Who belongs to which CPTS."""
    return Membership(KernelStore(parts.kernel, parts.guard))


def crises(parts: Parts) -> Crises:
    """The crisis cells of this process."""
    return Crises(parts.database, membership(parts))


def prevention(parts: Parts) -> Actions:
    """The boards of prevention of this process."""
    return Actions(parts.database, membership(parts))


def vaccination(parts: Parts) -> VaccinationDays:
    """The days of vaccination of this process, by the door that opens slots."""
    store = KernelStore(parts.kernel, parts.guard)
    door = KernelStore(parts.kernel, SlotDoor(parts.guard))
    return VaccinationDays(parts.database, store, door, membership(parts))


def dossiers(parts: Parts) -> Dossiers:
    """The dossiers of indicators of this process."""
    return Dossiers(parts.database, slots(parts), membership(parts))


def offers(parts: Parts) -> Offers:
    """The board of offers of this process."""
    return Offers(parts.database, membership(parts))


def trainings(parts: Parts) -> Trainings:
    """The calendar of trainings of this process."""
    return Trainings(parts.database, membership(parts))
