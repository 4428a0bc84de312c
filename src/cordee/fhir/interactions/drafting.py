"""From the bytes of a resource to a checked draft with its index rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import orjson

from cordee.fhir.indexing.extract import Extracted
from cordee.fhir.indexing.landmarks import AUTHOR
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.reach import refuse_beyond
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.store.body import members_of, stored_body
from cordee.fhir.store.draft import ABSENT, Draft, Inside, Method
from cordee.fhir.store.identifiers import is_legal_id
from cordee.fhir.store.scope import Scope
from cordee.fhir.validation.validate import check
from cordee.runtime.errors import (
    InvalidRequest,
    Issue,
    NotSupported,
    ResourceInvalid,
    RuleBroken,
)

_DELETED_BODY = b"}}"
HAS_CONTAINED = 1
"""In `has` of a resource that contains others; no parameter has this number."""
_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_URNS = re.compile(rb'"reference"\s*:\s*"(urn:(?:uuid|oid):[^"]+)"')

WRITTEN_ONCE = frozenset({"AuditEvent"})
"""Types whose resources nobody changes: a trace stays as it was sent."""


@dataclass(slots=True)
class Prepared:
    """A draft, the references that must be here for it, and what is worth a warning.

    `urns` are references to entries of a Bundle that no entry of it answers to.
    """

    draft: Draft
    needs: list[tuple[str, str]]
    warnings: list[Issue]
    urns: list[str]


def parsed(raw: bytes) -> dict[str, Any]:
    """The resource as JSON values; raises `InvalidRequest` when it is no JSON object."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(
            f"the body is no JSON: line {error.lineno}, column {error.colno}"
        ) from error
    if not isinstance(value, dict):
        raise InvalidRequest("the body is no JSON object")
    return value


def prepare(  # noqa: PLR0913 -- what the interaction is made of
    kernel: Kernel,
    raw: bytes,
    resource_type: str,
    resource_id: str,
    *,
    method: Method = Method.POST,
    expected: int = ABSENT,
) -> Prepared:
    """Checks a resource and extracts its rows; the id in the body gives way to `resource_id`.

    Raises `InvalidRequest` or `ResourceInvalid` with all problems.
    """
    raw = own_references(kernel, raw)
    resource = parsed(raw)
    kind = resource.get("resourceType")
    if kind != resource_type:
        shown = kind if kind in RESOURCE_TYPES else "none"
        raise InvalidRequest(
            f"resourceType: {resource_type} is expected here, the body says {shown}"
        )
    warnings = check(resource)
    if resource_type in WRITTEN_ONCE and method is not Method.REFRESH:
        expected = ABSENT
    resource["id"] = resource_id
    rows = kernel.extractor(resource)
    warnings += _profile_warnings(resource)
    if kind == "SearchParameter":
        warnings += _parameter_warnings(kernel, resource)
    inside = _inside(kernel, raw, resource) if resource.get("contained") else []
    if inside:
        rows.has.append(HAS_CONTAINED)
    needs = [
        (target, key)
        for target, _, key in (text.partition("/") for text in rows.references)
        if target in RESOURCE_TYPES and (target, key) != (resource_type, resource_id)
    ]
    return Prepared(
        Draft(
            type=resource_type,
            id=resource_id,
            method=method,
            expected=expected,
            body=stored_body(raw),
            rows=rows,
            entity=kernel.keys(f"{resource_type}/{resource_id}"),
            patient=kernel.keys(f"Patient/{rows.patient}") if rows.patient else None,
            custodian=kernel.keys(rows.custodian) if rows.custodian else None,
            dated=_main_date(kernel, resource_type, rows),
            circle=_circle(kernel, resource, resource_id, rows),
            terms=[(kernel.keys(one), starts, ends) for one, starts, ends in rows.terms],
            contained=inside,
        ),
        list(dict.fromkeys(needs)),
        warnings,
        _urns(raw) if resource_type != "Bundle" else [],
    )


def _urns(raw: bytes) -> list[str]:
    return [urn.decode() for urn in _URNS.findall(raw)] if b'"urn:' in raw else []


def refuse_loose(urns: Iterable[str]) -> None:
    """Raises `ResourceInvalid` when a reference names an entry that no Bundle holds."""
    names = ", ".join(dict.fromkeys(urns))
    if names:
        raise ResourceInvalid(
            [Issue("error", "not-found", f"these references lead nowhere here: {names}")]
        )


async def need_admitted(
    kernel: Kernel,
    scope: Scope,
    drafts: Sequence[Draft],
    connection: asyncpg.Connection | None = None,
) -> None:
    """Asks what the installation asks before a person writes; it raises to refuse."""
    for ask in (kernel.admission, kernel.reserved) if scope.actors is not None else ():
        if ask is not None:
            await ask(scope, drafts, connection)


async def refuse_unseen(
    kernel: Kernel,
    scope: Scope,
    drafts: Sequence[Prepared],
    connection: asyncpg.Connection | None = None,
) -> None:
    """Raises `ResourceInvalid` when a caller refers to what is in none of their circles.

    Raises `AccessDenied` for what a limited right to write does not reach. It is said as for what
    is not here: nobody writes themselves into a circle, nor learns by a reference who is known.
    What the installation asks before a person writes is asked here too.
    """
    refuse_beyond(scope, [one.draft for one in drafts])
    await need_admitted(kernel, scope, [one.draft for one in drafts], connection)
    await _refuse_lasting(kernel, scope, drafts, connection)
    names = sorted({need for one in drafts for need in one.needs})
    if scope.actors is None or not names:
        return
    unseen = await kernel.repository.unseen(scope, names, connection=connection)
    refuse_loose(f"{kind}/{key}" for kind, key in unseen)


async def _refuse_lasting(
    kernel: Kernel,
    scope: Scope,
    drafts: Sequence[Prepared],
    connection: asyncpg.Connection | None,
) -> None:
    """Raises `RuleBroken` where an access of a moment would bring somebody in for longer."""
    passing = scope.ties.passing if scope.ties is not None else ()
    if scope.actors is None or not passing:
        return
    rows = [one.draft.rows for one in drafts if one.draft.rows is not None]
    patients = {one.patient for one in rows if one.patient and _brings_in(one)}
    if not patients:
        return
    lasting = replace(scope, actors=tuple(one for one in scope.actors if one not in passing))
    names = [("Patient", one) for one in sorted(patients)]
    if await kernel.repository.unseen(lasting, names, connection=connection):
        raise RuleBroken(
            "Un accès exceptionnel ne fait entrer personne dans le cercle : "
            "il y faut un lien de soin avec cette personne."
        )


def _brings_in(rows: Extracted) -> bool:
    """Whether a row ties somebody to its patient; who wrote a document is only its author."""
    return bool(rows.terms) or any(not one.startswith(AUTHOR) for one in rows.circle)


async def note_loose(
    kernel: Kernel, drafts: Sequence[Prepared], connection: asyncpg.Connection | None = None
) -> None:
    """Adds a warning for each reference that leads nowhere, where that is not refused."""
    needs = sorted({need for one in drafts for need in one.needs})
    missing = set(await kernel.repository.missing(needs, connection=connection)) if needs else set()
    for one in drafts:
        names = [f"{kind}/{key}" for kind, key in one.needs if (kind, key) in missing]
        one.warnings += [
            Issue("warning", "not-found", f"this reference leads nowhere here: {name}")
            for name in [*names, *dict.fromkeys(one.urns)]
        ]


def deletion(kernel: Kernel, resource_type: str, resource_id: str, expected: int) -> Draft:
    """Draft of a deletion."""
    return Draft(
        type=resource_type,
        id=resource_id,
        method=Method.DELETE,
        expected=expected,
        body=_DELETED_BODY,
        rows=None,
        entity=kernel.keys(f"{resource_type}/{resource_id}"),
        patient=None,
        custodian=None,
        dated=None,
    )


def legal_id(text: str) -> str:
    """The id, when FHIR allows it; raises `InvalidRequest` otherwise."""
    if not is_legal_id(text):
        raise InvalidRequest("id: 1 to 64 letters, digits, - and . are allowed")
    return text


def own_references(kernel: Kernel, raw: bytes) -> bytes:
    """Absolute references to this server made relative, so that they are followed."""
    base = kernel.base.encode()
    if base not in raw:
        return raw
    return re.sub(rb'("reference"\s*:\s*")' + re.escape(base) + rb"/", rb"\1", raw)


def _inside(kernel: Kernel, raw: bytes, resource: dict[str, Any]) -> list[Inside]:
    """Drafts of what a resource contains; of two with one type and id, the first.

    They bring nobody into a circle, and refer to patients by keys: their patient column is the
    container's.
    """
    found: dict[tuple[str, str], Inside] = {}
    bodies = _raw_list(members_of(raw)["contained"])
    for value, body in zip(resource["contained"], bodies, strict=True):
        kind, key = (
            value["resourceType"],
            f"{resource['resourceType']}/{resource['id']}#{value['id']}",
        )
        rows = kernel.extractor(value, contained=True)
        found.setdefault(
            (kind, key),
            Inside(
                type=kind,
                id=key,
                body=stored_body(body),
                rows=rows,
                entity=kernel.keys(f"{kind}:{key}"),
                dated=_main_date(kernel, kind, rows),
            ),
        )
    return list(found.values())


def _circle(
    kernel: Kernel, resource: Mapping[str, Any], resource_id: str, rows: Extracted
) -> list[int]:
    """Whom this resource ties to the patient; patients and relatives are in by themselves."""
    entities = list(rows.circle)
    resource_type = resource["resourceType"]
    is_around = resource_type == "RelatedPerson" and resource.get("active") is not False
    if resource_type == "Patient" or is_around:
        entities.append(f"{resource_type}/{resource_id}")
    return [kernel.keys(entity) for entity in entities]


def _main_date(
    kernel: Kernel, resource_type: str, rows: Extracted
) -> tuple[datetime, datetime] | None:
    """Bounds of the main date; its rows leave the side table, as the columns hold them."""
    code = kernel.registry.date_parameter(resource_type)
    if code is None:
        return (rows.clinical_date, rows.clinical_date) if rows.clinical_date else None
    number = kernel.registry.of(resource_type)[code].number
    bounds = [(low, high) for one, low, high, _ in rows.dates if one == number]
    if not bounds:
        return None
    rows.dates = [row for row in rows.dates if row[0] != number]
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def _parameter_warnings(kernel: Kernel, resource: dict[str, Any]) -> list[Issue]:
    """What keeps a SearchParameter from being searched by; raises when its expression is wrong."""
    if resource.get("status") == "retired":
        return []
    try:
        kernel.registry.check(resource)
    except InvalidRequest as error:
        where = ("SearchParameter.expression",)
        if resource.get("expression"):
            raise ResourceInvalid([Issue("error", "invalid", error.message, where)]) from error
        return [Issue("warning", "not-supported", error.message, where)]
    except NotSupported as error:
        return [Issue("warning", "not-supported", error.message, ("SearchParameter.expression",))]
    return []


def _profile_warnings(resource: dict[str, Any]) -> list[Issue]:
    profiles = (resource.get("meta") or {}).get("profile") or ()
    return [
        Issue(
            "warning",
            "not-supported",
            f"{url}: this profile is not checked here",
            ("meta.profile",),
        )
        for url in profiles
        if not str(url).startswith("http://hl7.org/fhir/StructureDefinition/")
    ]
