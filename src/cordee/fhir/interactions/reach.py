"""How far a right to write goes that holds for the resources of one patient only.

What such a right does not reach is as if it were not there; what would be written beyond it is
refused before anything is asked of the base, so that the answer tells nothing of others. Here is
also who of those that see a document may change it. Rules: A3.8, decision 0044;
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import orjson

from cordee.fhir.indexing.extracted import Extracted
from cordee.fhir.indexing.landmarks import AUTHOR
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.draft import Draft, Method
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Limit, Scope
from cordee.runtime.errors import AccessDenied, NotFound, VersionConflict

_KEPT: Final = "DocumentReference"
_LETTERS = {Method.POST: "c", Method.PUT: "u", Method.PATCH: "u"}


def is_limited(scope: Scope, letter: str, resource_type: str) -> bool:
    """Whether the right to write this type holds for some resources only."""
    return bool(scope.limits_of(letter, resource_type))


def reaches(kernel: Kernel, scope: Scope, letter: str, version: Version | None) -> bool:
    """Whether a right to write takes in what is there; nothing, and what is deleted, it does not.

    It is asked of the version itself: who writes names that version, and no other can slip in.
    """
    if version is None or version.deleted:
        return False
    limits = scope.limits_of(letter, version.type)
    if not limits:
        return True
    return _meets(limits, kernel.extractor(orjson.loads(version.whole())))


def refuse_out_of_reach(kernel: Kernel, scope: Scope, letter: str, version: Version) -> None:
    """Raises `NotFound`, as of what is not here, where a right to write does not go so far."""
    if not reaches(kernel, scope, letter, version):
        raise NotFound(f"{version.type}/{version.id}: there is nothing here")


def is_kept(scope: Scope, resource_type: str) -> bool:
    """Whether what there is of this type is changed by its author and their structure alone."""
    return resource_type == _KEPT and scope.keeps is not None


def is_exact(scope: Scope, letter: str, resource_type: str) -> bool:
    """Whether the version that is replaced must be the one that was looked at."""
    return is_limited(scope, letter, resource_type) or is_kept(scope, resource_type)


def refuse_foreign(kernel: Kernel, scope: Scope, version: Version | None) -> None:
    """Raises `AccessDenied` for a document of somebody else, whatever its state.

    Its author changes it, and who is of the structure that wrote or keeps it; what was deleted
    names nobody, and is not brought back.
    """
    if version is None or not is_kept(scope, version.type):
        return
    body = {} if version.deleted else orjson.loads(version.whole())
    named = [*body.get("author", ()), body.get("custodian") or {}]
    references = {str(one.get("reference", "")) for one in named} - {""}
    authors = scope.ties.author if scope.ties else ()
    if references & (scope.keeps or frozenset()):
        return
    if not any(kernel.keys(AUTHOR + one) in authors for one in references):
        raise AccessDenied("only its author or their structure changes a document")


def refuse_another(version: Version, if_match: int | None) -> int:
    """The version that was looked at; raises `VersionConflict` when the caller means another."""
    if if_match is not None and if_match != version.version:
        raise VersionConflict(
            f"{version.type}: the version now is {version.version}; read it again"
        )
    return version.version


def refuse_beyond(scope: Scope, drafts: Iterable[Draft]) -> None:
    """Raises `AccessDenied` for a resource about anybody but the patient of the right.

    Nor may it name a second patient anywhere.
    """
    for draft in drafts:
        letter = _LETTERS.get(draft.method)
        limits = scope.limits_of(letter, draft.type) if letter else ()
        if limits and (draft.rows is None or not _meets(limits, draft.rows)):
            raise AccessDenied(
                f"{draft.type}: this token writes about the patient of its launch only"
            )


def _meets(limits: tuple[Limit, ...], rows: Extracted) -> bool:
    if rows.patient is None:
        return False
    place = f"Patient/{rows.patient}"
    others = {one for one in rows.references if one.startswith("Patient/")} - {place}
    return not others and any(one.patient == place and not one.criteria for one in limits)
