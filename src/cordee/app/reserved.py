"""What persons write from the screens alone, where who speaks and for whom is asked first.

News to a family, transmissions ciblées of a home and consents to acts at a distance say who spoke:
at `/fhir` a person would choose it. Systems answer for what they write. What a hospital has
free is said by itself. Rules: B7.1, B7.5, B7.7, C4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from cordee.care.carts.consents import CATEGORY as CONSENTS
from cordee.care.emergency.capacity import KIND as CAPACITY
from cordee.care.families.news import KIND as NEWS
from cordee.care.homes.transmissions import CATEGORY as TRANSMISSIONS
from cordee.fhir.interactions.kernel import Admission, Kernel
from cordee.fhir.interactions.read import seen
from cordee.fhir.store.body import rendered
from cordee.fhir.store.draft import ABSENT, Draft
from cordee.fhir.store.scope import Scope
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import RuleBroken

RESERVED: Final = {
    "Communication": frozenset({NEWS, TRANSMISSIONS}),
    "Consent": frozenset({CONSENTS}),
    "Location": frozenset({CAPACITY}),
}
"""Systems of `category`, of `type` for a Location, by type."""
_REFUSED: Final = (
    "Cela s’écrit depuis les écrans de Cordée, qui notent qui parle et pour qui : ni nouvelles "
    "à la famille, ni transmission, ni consentement à un acte à distance, ni lits par cette voie."
)


def reserved(kernel: Kernel) -> Admission:
    """What refuses a person who writes, changes or removes these at `/fhir`; `RuleBroken`."""

    async def check(scope: Scope, drafts: Sequence[Draft], connection: Connection | None) -> None:
        for draft in drafts:
            if draft.type not in RESERVED:
                continue
            if draft.rows is not None and _is_of(draft.type, _body(draft)):
                raise RuleBroken(_REFUSED)
            if draft.expected != ABSENT:
                stands = await seen(kernel, scope, draft.type, draft.id, connection)
                if stands is not None and _is_of(draft.type, orjson.loads(stands.whole())):
                    raise RuleBroken(_REFUSED)

    return check


def _is_of(kind: str, resource: dict[str, Any]) -> bool:
    return any(
        coding.get("system") in RESERVED[kind]
        for concept in resource.get("type" if kind == "Location" else "category") or ()
        for coding in concept.get("coding") or ()
    )


def _body(draft: Draft) -> dict[str, Any]:
    return orjson.loads(rendered(draft.type, draft.id, 1, clock.now()) + draft.body)
