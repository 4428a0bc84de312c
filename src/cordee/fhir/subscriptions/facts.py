"""What a condition looks at in memory: one version of a resource as its index rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from cordee.fhir.indexing.extract import Extractor
from cordee.fhir.indexing.extracted import Extracted
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.store.repository import Version


@dataclass(frozen=True, slots=True)
class Facts:
    """One version: its values, what is indexed of it, its patient as the key of the index."""

    version: Version
    resource: dict[str, Any]
    rows: Extracted
    keys: frozenset[int]
    patient: int | None

    @property
    def updated(self) -> datetime:
        """When it was written."""
        return self.version.updated


def read_facts(extract: Extractor, keys: KeyMaker, version: Version) -> Facts:
    """What a version says, whole: what it is matched by stays inside."""
    resource = orjson.loads(version.whole())
    rows = extract(resource)
    patient = keys(f"Patient/{rows.patient}") if rows.patient else None
    return Facts(version, resource, rows, frozenset(rows.keys), patient)
