"""Addresses that the guides of subscriptions fix.

Rules: http://hl7.org/fhir/uv/subscriptions-backport/STU1.1 (R5 subscriptions in R4), and the French
guide of notifications of events, 3.0.0.
"""

from __future__ import annotations

from typing import Final

_BACKPORT: Final = "http://hl7.org/fhir/uv/subscriptions-backport/"
_STRUCTURES: Final = _BACKPORT + "StructureDefinition/"

SERVER: Final = _BACKPORT + "CapabilityStatement/backport-subscription-server-r4"
PROFILE: Final = _STRUCTURES + "backport-subscription"
STATUS: Final = _STRUCTURES + "backport-subscription-status-r4"
NOTIFICATION: Final = _STRUCTURES + "backport-subscription-notification-r4"
FILTER: Final = _STRUCTURES + "backport-filter-criteria"
CONTENT: Final = _STRUCTURES + "backport-payload-content"
CHANNEL: Final = _STRUCTURES + "backport-channel-type"
HEARTBEAT: Final = _STRUCTURES + "backport-heartbeat-period"
TIMEOUT: Final = _STRUCTURES + "backport-timeout"
MAX_COUNT: Final = _STRUCTURES + "backport-max-count"
TOPICS_HERE: Final = _STRUCTURES + "capabilitystatement-subscriptiontopic-canonical"
OPERATIONS: Final = {
    "status": _BACKPORT + "OperationDefinition/backport-subscription-status",
    "events": _BACKPORT + "OperationDefinition/backport-subscription-events",
    "get-ws-binding-token": (
        _BACKPORT + "OperationDefinition/backport-subscription-get-ws-binding-token"
    ),
}
CROSS_VERSION: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription"
"""Extensions of another version that say what this guide says; they are not read here."""

TOPIC: Final = "https://cordee.fr/fhir/SubscriptionTopic/"
CHANNELS: Final = "https://cordee.fr/fhir/CodeSystem/canal"
STREAM: Final = "server-sent-events"

_NDE: Final = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/"
NDE_SUBSCRIPTION: Final = _NDE + "nde-subscription"
NDE_DECLARATION: Final = _NDE + "nde-eventdeclaration"
NDE_REQUEST: Final = _NDE + "nde-notificationrequest"
NDE_START: Final = _NDE + "start"
NDE_SUBJECT: Final = _NDE + "subject"
NDE_DECLARANT: Final = _NDE + "declarant"
NDE_EVENT_TYPE: Final = _NDE + "event-type"
NDE_SUBSCRIBER: Final = _NDE + "subscriber"
NDE_EVENT_TIME: Final = _NDE + "event-time"
NDE_EMISSION: Final = _NDE + "event-emission-time"
NDE_ENDPOINT: Final = _NDE + "recipient-endpoint"
MEDIUM: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_R200-CanalCommunication/FHIR/TRE-R200-CanalCommunication"
)
