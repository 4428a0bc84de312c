"""The message kinds of the Hub Santé by the key that carries each in a message.

Rule: models of the Hub Santé, version 26.07.29.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: its official name, its key, and whether an RC-DE header goes with it."""

    name: str
    key: str
    is_headed: bool = True


_HEADED: Final = {
    "technical": "TECHNICAL",
    "createCase": "RC-EDA",
    "createCaseHealth": "RS-EDA",
    "createCaseHealthUpdate": "RS-EDA-MAJ",
    "reference": "RC-REF",
    "emsi": "EMSI",
    "resourcesInfo": "RS-RI",
    "resourcesInfoCisu": "RC-RI",
    "resourcesEngagement": "RS-ER",
    "resourcesStatus": "RS-SR",
    "resourcesRequest": "RS-DR",
    "resourcesResponse": "RS-RR",
    "rpis": "RS-RPIS",
    "interventionReport": "RS-BPV",
    "documentLink": "RS-URL",
    "geoPositionsUpdate": "GEO-POS",
    "geoResourcesRequest": "GEO-REQ",
    "geoResourcesDetails": "GEO-RES",
    "appointment": "RS-SAS-RDV",
}
_BARE: Final = {
    "technicalNoreq": "TECHNICAL_NOREQ",
    "distributionElement": "RC-DE",
    "customContent": "customContent",
    "error": "RS-ERROR",
}
BY_KEY: Final = {key: Kind(name, key) for key, name in _HEADED.items()} | {
    key: Kind(name, key, is_headed=False) for key, name in _BARE.items()
}
"""The kinds that the Hub routes."""
BY_NAME: Final = {kind.name: kind for kind in BY_KEY.values()}
HEADER_KEYS: Final = ("messageId", "sender", "sentAt", "kind", "status", "recipient")
"""The parts of the RC-DE header, which stand beside the body."""

EDA: Final = "RS-EDA"
UPDATE: Final = "RS-EDA-MAJ"
REQUEST: Final = "RS-DR"
RESPONSE: Final = "RS-RR"
RESOURCES: Final = "RS-RI"
STATUS: Final = "RS-SR"
REFERENCE: Final = "RC-REF"
ERROR: Final = "RS-ERROR"
APPOINTMENT: Final = "RS-SAS-RDV"
