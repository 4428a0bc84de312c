"""All services of the DPO's workbench beyond the decision, for the screen."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.access.incidents.declaring import Incidents
from cordee.fhir.indexing.keys import KeyMaker
from cordee.governance.retention.keeping import Retention
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Governance:
    """The services of one process."""

    incidents: Incidents
    retention: Retention


def make_governance(database: Database, keys: KeyMaker) -> Governance:
    """The services on an open database."""
    return Governance(incidents=Incidents(database, keys), retention=Retention(database, keys))
