"""CapabilityStatement made from what is registered, never by hand.

Rule: https://hl7.org/fhir/R4/capabilitystatement.html.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from cordee import __version__
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.subscriptions import canonicals
from cordee.fhir.subscriptions.topics import topics
from cordee.runtime.clock import instant, now

_STARTED = instant(now())
_FORMATS: Final = ["application/fhir+json", "application/fhir+xml", "json", "xml"]
_PATCHES: Final = [
    "application/json-patch+json", "application/xml-patch+xml", "application/fhir+json",
]  # fmt: skip
_INTERACTIONS: Final = (
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type",
    "create", "search-type",
)  # fmt: skip
_TRACED: Final = ("read", "create", "update", "search-type")
"""What is done with AuditEvent: `update` under a new id only; a trace has one version."""
_RESULT_PARAMETERS: Final = (
    ("_list", "string"), ("_text", "string"), ("_content", "string"), ("_filter", "string"),
)  # fmt: skip
OPERATIONS: Final = {
    "Patient": (
        ("everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything"),
        ("match", "http://hl7.org/fhir/OperationDefinition/Patient-match"),
    ),
    "Communication": (
        ("notifications", "https://cordee.example/OperationDefinition/notifications"),
        ("notification-state", "https://cordee.example/OperationDefinition/notification-state"),
    ),
    "Measure": (
        (
            "evaluate-measure",
            "http://hl7.org/fhir/OperationDefinition/Measure-evaluate-measure",
        ),
    ),
    "Subscription": tuple(canonicals.OPERATIONS.items()),
    "Observation": (
        ("lastn", "http://hl7.org/fhir/OperationDefinition/Observation-lastn"),
        ("stats", "http://hl7.org/fhir/OperationDefinition/Observation-stats"),
    ),
}
VIEW_OPERATIONS: Final = {
    "viewdefinition-run": "http://sql-on-fhir.org/OperationDefinition/$viewdefinition-run",
    "viewdefinition-export": "http://sql-on-fhir.org/OperationDefinition/$viewdefinition-export",
}
"""On `/ViewDefinition`, which is no resource of R4; so they are told with those of the system."""
_cache: dict[tuple[str, str], bytes] = {}


def capability_statement(registry: Registry, base: str) -> bytes:
    """The statement as JSON bytes; made anew when the registry changes."""
    known = (registry.fingerprint, base)
    if known not in _cache:
        _cache.clear()
        _cache[known] = orjson.dumps(_statement(registry, base))
    return _cache[known]


def _security(server: str) -> dict[str, Any]:
    """Where tokens come from, as applications of SMART App Launch 1 read it."""
    names = ("authorize", "token", "introspect", "revoke", "register")
    return {
        "extension": [
            {
                "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                "extension": [
                    {"url": name, "valueUri": f"{server}/oauth/{name}"} for name in names
                ],
            }
        ],
        "cors": True,
        "service": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                        "code": "SMART-on-FHIR",
                    }
                ]
            }
        ],
        "description": "Bearer tokens; every path but this one needs one.",
    }


def _statement(registry: Registry, base: str) -> dict[str, Any]:
    referring = _referring(registry)
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _STARTED,
        "publisher": "Cordée",
        "kind": "instance",
        "instantiates": [canonicals.SERVER],
        "software": {"name": "Cordée", "version": __version__},
        "implementation": {"description": "Cordée, a region's health platform", "url": base},
        "fhirVersion": "4.0.1",
        "format": _FORMATS,
        "patchFormat": _PATCHES,
        "rest": [
            {
                "mode": "server",
                "security": _security(base.removesuffix("/fhir")),
                "resource": [
                    _resource(registry, name, referring) for name in sorted(RESOURCE_TYPES)
                ],
                "operation": [
                    {"name": name, "definition": url} for name, url in VIEW_OPERATIONS.items()
                ],
                "interaction": [
                    {"code": code}
                    for code in ("transaction", "batch", "search-system", "history-system")
                ],
            }
        ],
    }


def _resource(registry: Registry, name: str, referring: dict[str, list[str]]) -> dict[str, Any]:
    parameters, is_trace = registry.of(name), name == "AuditEvent"
    includes = sorted(
        f"{name}:{code}" for code, one in parameters.items() if one.type == "reference"
    )
    resource: dict[str, Any] = {
        "type": name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in (_TRACED if is_trace else _INTERACTIONS)],
        "versioning": "no-version" if is_trace else "versioned-update",
        "readHistory": not is_trace,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": not is_trace,
        "conditionalDelete": "not-supported" if is_trace else "single",
        "referencePolicy": ["literal", "logical", "enforced", "local"],
        "searchInclude": ["*", *includes],
        "searchRevInclude": ["*", *sorted(referring.get(name, []))],
        "searchParam": [
            {"name": code, "definition": one.url, "type": one.type}
            for code, one in sorted(parameters.items())
            if code not in {"_text", "_content", "_query"}
        ]
        + [{"name": code, "type": kind} for code, kind in _RESULT_PARAMETERS],
    }
    if name == "Subscription":
        resource["supportedProfile"] = [canonicals.PROFILE, canonicals.NDE_SUBSCRIPTION]
        resource["extension"] = [
            {"url": canonicals.TOPICS_HERE, "valueCanonical": url} for url in sorted(topics())
        ]
    if name in OPERATIONS:
        resource["operation"] = [
            {"name": code, "definition": url} for code, url in OPERATIONS[name]
        ]
    return resource


def _referring(registry: Registry) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted(RESOURCE_TYPES):
        for code, one in registry.of(name).items():
            if one.type == "reference":
                for target in one.targets:
                    found.setdefault(target, []).append(f"{name}:{code}")
    return found
