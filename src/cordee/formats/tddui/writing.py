"""Bundles of TDDUI: documents (line 1) or resources (line 2) in a transaction. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cordee.formats.tddui.vocabulary import (
    BUNDLE,
    CLASS,
    DOCUMENT,
    EXPORT,
    LINE_1,
    LINE_1_FHIR,
    LINE_2,
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """One file of line 1: `number` is its own, `at` an instant."""

    number: str
    title: str
    media: str
    data: bytes
    at: str


def documents_bundle(files: Sequence[File]) -> Json:
    """The transaction of line 1: one DocumentReference a file, the first the CDA document."""
    entries = [
        {"resource": _document(one), "request": {"method": "POST", "url": "DocumentReference"}}
        for one in files
    ]
    profiles = [f"{LINE_1}{BUNDLE}", f"{LINE_1_FHIR}{BUNDLE}"]
    return {
        "resourceType": "Bundle", "meta": {"profile": profiles}, "type": "transaction",
        "entry": entries,
    }  # fmt: skip


def resources_bundle(resources: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Json:
    """The transaction of line 2; each resource comes with its `fullUrl` and its profile's name."""
    entries: list[Json] = []
    for full_url, profile, resource in resources:
        made = {name: value for name, value in resource.items() if name not in {"id", "meta"}}
        if profile:
            made = {"resourceType": made["resourceType"],
                    "meta": {"profile": [f"{LINE_2}{profile}"]}} | made  # fmt: skip
        kind = str(resource["resourceType"])
        entries.append(
            {"fullUrl": full_url, "resource": made, "request": {"method": "POST", "url": kind}}
        )
    return {
        "resourceType": "Bundle", "meta": {"profile": [f"{LINE_2}{BUNDLE}"]},
        "type": "transaction", "entry": entries,
    }  # fmt: skip


def _document(one: File) -> Json:
    attachment: Json = {
        "contentType": one.media,
        "language": "fr-FR",
        "data": base64.b64encode(one.data).decode(),
        "size": len(one.data),
        "hash": base64.b64encode(hashlib.sha1(one.data, usedforsecurity=False).digest()).decode(),
        "title": one.title,
        "creation": one.at,
    }
    return {
        "resourceType": "DocumentReference",
        "meta": {
            "versionId": "1",
            "profile": [f"{LINE_1}{DOCUMENT}", f"{LINE_1_FHIR}{DOCUMENT}"],
        },
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": one.number},
        "status": "current",
        "type": {"coding": [dict(EXPORT)]},
        "category": [{"coding": [dict(CLASS)]}],
        "date": one.at,
        "content": [{"attachment": attachment}],
    }
