"""The French guide of notifications of events: subscriptions to declared events about a patient.

The patient is named by identifiers, inside of the subscription and of the event: ids of contained
resources mean nothing between two of them, and traits alone never bring two people together.
Rule: https://interop.esante.gouv.fr/ig/fhir/nde, 3.0.0; decision 0049.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.subscriptions import canonicals
from cordee.fhir.subscriptions.facts import Facts
from cordee.runtime.errors import Issue

Resource = Mapping[str, Any]
_REQUIRED: Final = (
    canonicals.NDE_START, canonicals.NDE_SUBJECT, canonicals.NDE_DECLARANT,
    canonicals.NDE_EVENT_TYPE, canonicals.NDE_SUBSCRIBER,
)  # fmt: skip
PARAMETER: Final[Mapping[str, Any]] = {
    "resourceType": "SearchParameter",
    "url": (
        "https://interop.esante.gouv.fr/ig/fhir/nde/SearchParameter/"
        "NdE-CommunicationRequest-EventType"
    ),
    "name": "NdE_CommunicationRequest_EventType",
    "status": "active",
    "code": "event-type",
    "base": ["CommunicationRequest"],
    "type": "token",
    "expression": f"extension.where(url='{canonicals.NDE_EVENT_TYPE}').value",
}
"""The search parameter of the guide, which every installation has."""


def extension_of(resource: Resource, url: str) -> Resource | None:
    """The first extension of this address."""
    return next((one for one in resource.get("extension", ()) if one.get("url") == url), None)


def contained_of(resource: Resource, reference: Resource | None) -> Resource | None:
    """The contained resource that a reference means; None when it means another."""
    text = str((reference or {}).get("reference", ""))
    if not text.startswith("#"):
        return None
    return next((one for one in resource.get("contained", ()) if one.get("id") == text[1:]), None)


def subject_of(resource: Resource) -> Resource | None:
    """The contained patient that a subscription or an event is about."""
    told = extension_of(resource, canonicals.NDE_SUBJECT)
    reference = told.get("valueReference") if told else resource.get("subject")
    found = contained_of(resource, reference)
    return found if found and found.get("resourceType") == "Patient" else None


def subject_identifiers(resource: Resource) -> list[str]:
    """`system|value` of each identifier of that patient."""
    patient = subject_of(resource) or {}
    return [
        f"{one['system']}|{one['value']}"
        for one in patient.get("identifier", ())
        if one.get("system") and one.get("value")
    ]


def subject_keys(keys: KeyMaker, identifiers: Iterable[str]) -> frozenset[int]:
    """Identifiers as keys: nothing of them is kept in a form that says who it is."""
    return frozenset(keys(f"nde {one}") for one in identifiers)


def identities_of(keys: KeyMaker, facts: Facts | None) -> frozenset[int]:
    """Keys of the patient that a declared event is about."""
    return subject_keys(keys, subject_identifiers(facts.resource)) if facts else frozenset()


def problems_of(resource: Resource) -> list[Issue]:
    """What a subscription lacks of its profile, each with its path."""
    found = [
        _lacks("Subscription.extension", f"the extension {url.rpartition('/')[2]} is expected")
        for url in _REQUIRED
        if extension_of(resource, url) is None
    ]
    if not resource.get("contained"):
        found.append(_lacks("Subscription.contained", "all actors are contained"))
    elif subject_of(resource) is None:
        found.append(_lacks("Subscription.extension", "the subject is a contained Patient"))
    return found


def warnings_of(resource: Resource) -> list[Issue]:
    """What keeps a subscription that is accepted from ever being told of an event."""
    if subject_identifiers(resource):
        return []
    return [
        Issue(
            "warning", "incomplete",
            "the patient has no identifier: no event can be told to be about this person",
            ("Subscription.contained.identifier",),
        )
    ]  # fmt: skip


def notification(
    event: Resource, subscription: tuple[str, Resource], endpoint: str, emitted: str
) -> dict[str, Any]:
    """Flow 4: what is told of a declared event to the subscriber. `subscription` is its address."""
    address, asked = subscription
    told = extension_of(asked, canonicals.NDE_SUBSCRIBER) or {}
    recipient = contained_of(asked, told.get("valueReference")) or {
        "resourceType": "Organization", "name": "abonné",
    }  # fmt: skip
    inside = [dict(one) for one in event.get("contained", ())]
    taken = {one.get("id") for one in inside}
    name = next(one for one in ("abonne", "abonne-1", "abonne-2") if one not in taken)
    reached = {"url": canonicals.NDE_ENDPOINT, "valueUrl": endpoint}
    inside.append({**recipient, "id": name})
    made: dict[str, Any] = {
        "resourceType": "CommunicationRequest",
        "meta": {"profile": [canonicals.NDE_REQUEST]},
        "contained": inside,
        "extension": [
            *(
                one for one in event.get("extension", ())
                if one.get("url") in {canonicals.NDE_EVENT_TYPE, canonicals.NDE_EVENT_TIME}
            ),
            {"url": canonicals.NDE_EMISSION, "valueDateTime": emitted},
        ],
        "basedOn": [{"reference": address}],
        "status": "active",
        "medium": [_medium(endpoint)],
        "recipient": [{"extension": [reached], "reference": f"#{name}"}],
    }  # fmt: skip
    kept = ("subject", "about", "payload", "requester", "priority", "occurrenceDateTime")
    return made | {name: event[name] for name in kept if name in event}


def _medium(endpoint: str) -> dict[str, Any]:
    """3 of TRE_R200 is electronic mail; an application has no code of its own."""
    if endpoint.startswith("mailto:"):
        return {"coding": [{"system": canonicals.MEDIUM, "code": "3"}]}
    return {"text": "application"}


def _lacks(path: str, message: str) -> Issue:
    return Issue("error", "required", message, (path,))
