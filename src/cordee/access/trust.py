"""All services around the decision, for the screen."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.access.announcing import Announcing
from cordee.access.anomalies.watching import Anomalies
from cordee.access.choosing import Choosing
from cordee.access.consulting import Consulting
from cordee.access.contesting import Contesting
from cordee.access.explaining import Explaining
from cordee.access.glasses import Glasses
from cordee.access.guard import Guard
from cordee.access.habilitating import Habilitating
from cordee.access.mandates.naming import Naming
from cordee.access.noticing import Noticing
from cordee.access.protecting import Protecting
from cordee.access.rights.answering import Answering
from cordee.access.rights.requesting import Rights
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Trust:
    """The services of one process."""

    guard: Guard

    explaining: Explaining
    glasses: Glasses
    consulting: Consulting
    noticing: Noticing
    choosing: Choosing
    announcing: Announcing
    protecting: Protecting
    habilitating: Habilitating
    contesting: Contesting
    rights: Rights
    answering: Answering
    anomalies: Anomalies
    naming: Naming


def make_trust(database: Database, kernel: Kernel, guard: Guard) -> Trust:
    """The services on an open database."""
    explaining = Explaining(database, kernel.keys)
    rights = Rights(database, kernel.keys)
    return Trust(
        guard=guard,
        explaining=explaining,
        glasses=Glasses(database, explaining, kernel.keys),
        consulting=Consulting(database, explaining, kernel.keys),
        noticing=Noticing(database, explaining, kernel.keys),
        contesting=Contesting(database, kernel.keys),
        protecting=Protecting(database, explaining, kernel.keys),
        habilitating=Habilitating(database),
        announcing=Announcing(database, explaining, kernel),
        choosing=Choosing(database, explaining, kernel),
        rights=rights,
        anomalies=Anomalies(database, kernel.keys, kernel.registry),
        naming=Naming(database, explaining, kernel),
        answering=Answering(database, kernel, guard, rights),
    )
