"""Our own list of what each message must carry, for where the official schemas are not installed.

A tree names required parts; `?` marks a part that may be missing but is judged where it stands; a
tuple lists the codes that are known. It says less than the schemas; the page of the Hub tells so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Tree = Mapping[str, "Tree | tuple[str, ...] | None"]

_KINDS: Final = ("Report", "Update", "Cancel", "Ack", "Error")
_PARTY: Final[Tree] = {"name": None, "URI": None}
_CODED: Final[Tree] = {"code": None, "label": None}
ANSWERS: Final = ("ACCEPTEE", "PARTIELLE", "REFUSEE", "DIFFEREE")
STATUSES: Final = (
    "DECISION", "DECLENCHE", "DEPART", "ANNULE", "ARRIVEE", "PEC", "BILAN", "ORIENTAT", "TRANSP",
    "ETAPE1", "TRANSP2", "ETAPE2", "TRANSP3", "DESTIN", "FINPEC", "RETOUR", "RET-BASE", "REN-BASE",
)  # fmt: skip
"""The states of a vehicle, in their order."""
DECISIONS: Final = ("CONSEIL", "PMT", "INTER", "ORIENT", "PASPLUS")
STEPS: Final = ("RECU", "ERREUR", "INTEGRE", "CONSULTE", "SUPPRIME")

ENVELOPE: Final[Tree] = {
    "senderID": None,
    "distributionID": None,
    "dateTimeSent": None,
    "dateTimeExpires": None,
    "distributionStatus": ("Actual", "Exercise"),
    "distributionKind": _KINDS,
    "descriptor": {
        "language": None,
        "explicitAddress": {"explicitAddressScheme": None, "explicitAddressValue": None},
    },
    "content": {"jsonContent": {"embeddedJsonContent": None}},
}
HEADER: Final[Tree] = {
    "messageId": None,
    "sender": _PARTY,
    "sentAt": None,
    "kind": _KINDS,
    "status": ("Actual", "Exercise", "System"),
    "recipient": _PARTY,
}
_COMMON: Final[Tree] = {
    "?patient": {"patientId": None},
    "?medicalNote": {"operator": {"role": None}, "medicalNoteId": None, "freetext": None},
    "?decision": {"creation": None, "operator": {"role": None}, "decisionType": DECISIONS},
}
_STATE: Final[Tree] = {"datetime": None, "status": STATUSES}
PARTS: Final[Mapping[str, Tree]] = {
    "RS-EDA": {
        "caseId": None,
        "creation": None,
        "qualification": {
            "?whatsHappen": _CODED,
            "?locationKind": _CODED,
            "?healthMotive": _CODED,
        },
        "location": {"?geometry": {"datetime": None}},
        "owner": None,
        "?initialAlert": {"reception": None, "caller": {"callerContact": None}},
        **_COMMON,
    },
    "RS-EDA-MAJ": {"caseId": None, **_COMMON},
    "RS-DR": {"caseId": None, "request": {"requestId": None, "datetime": None, "purpose": None}},
    "RS-RR": {
        "caseId": None,
        "requestId": None,
        "response": {"datetime": None, "answer": ANSWERS},
    },
    "RS-RI": {
        "caseId": None,
        "resource": {
            "datetime": None,
            "resourceId": None,
            "vehicleType": None,
            "?state": _STATE,
        },
    },
    "RS-SR": {"caseId": None, "resourceId": None, "state": _STATE},
    "RS-ER": {"caseId": None, "resource": {"vehicleType": None}},
    "RC-EDA": {
        "caseId": None,
        "creation": None,
        "referenceVersion": None,
        "qualification": {"whatsHappen": _CODED},
        "location": {"locID": None, "country": None},
    },
    "RC-REF": {"distributionID": None, "?step": STEPS},
    "RS-ERROR": {
        "errorCode": {"statusCode": None, "statusString": None},
        "errorCause": None,
        "referencedDistributionID": None,
    },
    "RS-SAS-RDV": {
        "appointmentId": None,
        "method": None,
        "created": None,
        "start": None,
        "status": None,
        "regulator": None,
    },
}
