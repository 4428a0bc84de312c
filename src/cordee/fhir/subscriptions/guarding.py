"""What of an event its owner may see now: asked of the guard for each delivery, traced before it.

Content is what stands at the moment of sending, never what stood when the event came up: what was
masked, corrected or removed meanwhile leaves in no notification.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

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
_PLATFORM: Final = Scope("abonnements", None, {"*": "rs"})
"""Who looks at whom a declared event is about, before anybody may be told of it."""
Judged = tuple[list[Told], list[Event]]
"""Events that may be told, and those that may not."""


async def judged(
    kernel: Kernel, scope: Scope, definition: Definition, events: Sequence[Event], content: str
) -> Judged:
    """What of these events may be told to the owner now; what is read for it is in the trail."""
    if definition.form == NATIONAL and scope.actors is not None:
        known = [one for one in events if await _is_known(kernel, scope, one)]
        seen = await _seen(kernel, replace(scope, actors=None, ties=None), known, content)
    else:
        seen = await _seen(kernel, scope, events, content)
    told = [Told(one, seen[one.reference]) for one in events if one.reference in seen]
    return told, [one for one in events if one.reference not in seen]


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


async def _is_known(kernel: Kernel, scope: Scope, event: Event) -> bool:
    """Whether a person may see the patient that a declared event is about.

    The event is in no record, its patient being contained: it is to be seen by who may see the
    patient of that identifier here. One who is not known here is nobody whom they may see.
    """
    [version] = await kernel.repository.read_many(event.type, [(event.focus, _PLATFORM)])
    if version is None or version.deleted:
        return False
    identifiers = subject_identifiers(orjson.loads(version.whole()))
    if not identifiers:
        return False
    escaped = ",".join(one.replace(",", "\\,") for one in identifiers)
    query = read_query("Patient", [("identifier", escaped), ("_elements", "id"), ("_count", "1")])
    return bool((await kernel.searcher.search(query, scope)).matches)
