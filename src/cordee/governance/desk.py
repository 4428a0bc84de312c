"""All services of the DPO's workbench beyond the decision, for the screen."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.fhir.interactions.kernel import Kernel
from cordee.governance.incidents.declaring import Incidents
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Governance:
    """The services of one process."""

    incidents: Incidents


def make_governance(database: Database, kernel: Kernel) -> Governance:
    """The services on an open database."""
    return Governance(incidents=Incidents(database, kernel.keys))
