"""What of an event its owner may see now: asked of the guard for each delivery, traced before it.

Content is what stands at the moment of sending, never what stood when the event came up: what was
masked, corrected or removed meanwhile leaves in no notification.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.read import read
from cordee.fhir.search.query import read_query
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Scope
from cordee.fhir.subscriptions.definition import EMPTY, NATIONAL, Definition
from cordee.fhir.subscriptions.national import subject_identifiers
from cordee.fhir.subscriptions.notices import Event, Told
from cordee.runtime.errors import AccessDenied, Deleted, NotFound

NO_RIGHT: Final = "no-right"
Judged = tuple[list[Told], list[Event]]
"""Events that may be told, and those that may not."""


async def judged(
    kernel: Kernel, scope: Scope, definition: Definition, events: Sequence[Event], content: str
) -> Judged:
    """What of these events may be told to the owner now; what is read for it is in the trail."""
    told: list[Told] = []
    dropped: list[Event] = []
    seen = await _seen(kernel, scope, events, content)
    for one in events:
        version = seen.get(one.reference, _HIDDEN)
        is_hidden = version is _HIDDEN
        if not is_hidden and definition.form == NATIONAL:
            is_hidden = not await _is_known(kernel, scope, version)
        if is_hidden:
            dropped.append(one)
        else:
            told.append(Told(one, version))
    return told, dropped


_HIDDEN: Final[Any] = object()


async def _seen(
    kernel: Kernel, scope: Scope, events: Sequence[Event], content: str
) -> dict[str, Version | None]:
    """Versions by reference, of those only that the owner may see."""
    found: dict[str, Version | None] = {}
    kinds: dict[str, list[str]] = {}
    for one in events:
        kinds.setdefault(one.type, []).append(one.focus)
    for kind, focuses in kinds.items():
        ids = list(dict.fromkeys(focuses))
        try:
            scope.need("r", kind)
        except AccessDenied:
            continue
        if scope.limits_of("r", kind):
            found |= await _one_by_one(kernel, scope, kind, ids)
        elif content == EMPTY:
            hidden = set(await kernel.repository.unseen(scope, [(kind, key) for key in ids]))
            found |= {f"{kind}/{key}": None for key in ids if (kind, key) not in hidden}
        else:
            versions = await kernel.repository.read_many(kind, [(key, scope) for key in ids])
            found |= {f"{kind}/{one.id}": one for one in versions if one is not None}
    return found


async def _one_by_one(
    kernel: Kernel, scope: Scope, kind: str, ids: Sequence[str]
) -> dict[str, Version | None]:
    """Where a right holds for some resources only, each is asked for."""
    found: dict[str, Version | None] = {}
    for key in ids:
        try:
            found[f"{kind}/{key}"] = await read(kernel, scope, kind, key)
        except (NotFound, Deleted, AccessDenied):
            continue
    return found


async def _is_known(kernel: Kernel, scope: Scope, version: Version | None) -> bool:
    """Whether a person may see the patient that a declared event is about.

    The patient is named by identifiers; one who is not known here is nobody whom they may see.
    """
    if scope.actors is None:
        return True
    if version is None or version.deleted:
        return False
    identifiers = subject_identifiers(orjson.loads(version.whole()))
    if not identifiers:
        return False
    escaped = ",".join(one.replace(",", "\\,") for one in identifiers)
    query = read_query("Patient", [("identifier", escaped), ("_elements", "id"), ("_count", "1")])
    return bool((await kernel.searcher.search(query, scope)).matches)
