"""Which bodies are sealed, and how a stored one is opened: the one door in and out of the store.

The column `dict` says by which data key a body is sealed; 0 is in clear. Requirement A6.2.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cordee.fhir.indexing.landmarks import LABEL_BITS, OTHER_LABEL
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.draft import ABSENT, ANY_VERSION, Draft, Inside, Method, SealedDraft
from cordee.fhir.store.scope import DELETED
from cordee.runtime.database import Connection
from cordee.runtime.envelopes import Ring, opened

SEALED_TYPES: Final = frozenset(
    {"Binary", "Bundle", "Coverage", "Patient", "Person", "RelatedPerson", "Subscription"}
)
"""Types that carry matricules or contacts of patients, documents, or whole others of these."""
SEALED_LABELS: Final = LABEL_BITS["R"] | LABEL_BITS["V"] | OTHER_LABEL
"""Labels of what is sealed whatever its type: psychiatry is restricted, or bears a code of its own,
of which the index only knows that there is one."""
ATTACHING_TYPES: Final = frozenset(
    {
        "Communication", "CommunicationRequest", "Consent", "Contract", "DiagnosticReport",
        "DocumentReference", "Library", "Media", "QuestionnaireResponse",
    }
)  # fmt: skip
"""Types that may hold the whole text of a document, which is then sealed as a Binary is."""
_DATA: Final = re.compile(rb'"data"\s*:\s*"')
_WITHIN: Final = re.compile(
    rb'"resourceType"\s*:\s*"(?:' + "|".join(sorted(SEALED_TYPES)).encode() + rb')"'
)
_LONG: Final = 256 * 1024
"""Bytes of one write above which they are sealed beside the loop that serves."""
_VERSIONS: Final = """
SELECT n.i - 1 AS i, r.ver, r.lab & 16384 <> 0 AS deleted
FROM unnest($1::int2[], $2::text[]) WITH ORDINALITY n(type, id, i)
CROSS JOIN LATERAL (
  SELECT o.ver, o.lab FROM resource o WHERE o.type = n.type AND o.id = n.id OFFSET 0) r
"""
_PUT_RIGHT: Final = """
UPDATE resource r SET body = n.body, dict = n.dict
FROM unnest($1::int2[], $2::int8[], $3::int2[], $4::bytea[]) n(type, rid, dict, body)
WHERE r.type = n.type AND r.rid = n.rid
"""

Sealed = tuple[int, bytes]
"""Number of the data key (0 for none) and the body as it is stored."""


def to_seal(resource_type: str, labels: int, body: bytes) -> bool:
    """Whether the body of a resource is to be sealed; one of a deletion says nothing."""
    if labels & DELETED and body == b"}}":
        return False
    return (
        resource_type in SEALED_TYPES
        or labels & SEALED_LABELS != 0
        or (resource_type in ATTACHING_TYPES and _DATA.search(body) is not None)
        or (b'"contained"' in body and _WITHIN.search(body) is not None)
    )


def place_of(resource_type: str, resource_id: str, version: int) -> str:
    """What a body is bound to."""
    return f"{resource_type}/{resource_id}/{version}"


def opened_body(place: tuple[str, str, int], number: int, body: bytes) -> bytes:
    """A stored body in clear, as `dict` says; raises `KeyMissing` or `SealBroken`."""
    return opened(body, place_of(*place)) if number else body


@dataclass(slots=True)
class Sealing:
    """The bodies of one write: which are sealed, and as which version each was."""

    ring: Ring
    drafts: Sequence[Draft]
    chosen: frozenset[int]
    bodies: dict[int, SealedDraft] = field(default_factory=dict)
    guessed: dict[int, int] = field(default_factory=dict)
    expected: dict[int, int] = field(default_factory=dict)
    """By place, the version that is expected instead of any."""

    @property
    def sure(self) -> bool:
        """Whether the versions that come of it are known beforehand, whoever else writes."""
        return all(_next(self.drafts[place]) is not None for place in self.chosen)

    async def prepare(self, connection: Connection, *, narrow: bool = False) -> bool:
        """Seals each body as the version that it will be, as far as that can be known.

        With `narrow` the versions found are expected where any would do, so that one statement
        alone is right or refused; whether they could be. What must be absent stays so.
        """
        await self.ring.refresh(connection)
        unsure = [place for place in sorted(self.chosen) if _next(self.drafts[place]) is None]
        found: dict[int, tuple[int, bool]] = {}
        if unsure:
            drafts = [self.drafts[place] for place in unsure]
            rows = await connection.fetch(
                _VERSIONS, [type_number(one.type) for one in drafts], [one.id for one in drafts]
            )
            found = {unsure[row["i"]]: (row["ver"], row["deleted"]) for row in rows}
        known = {place: version for place, (version, _) in found.items()}
        for place in self.chosen:
            self.guessed[place] = _next(self.drafts[place]) or known.get(place, 0) + 1
        loose = [place for place in unsure if self.drafts[place].expected == ANY_VERSION]
        self.expected = {place: known.get(place, ABSENT) for place in loose} if narrow else {}
        await self._seal(sorted(self.chosen))
        # What was deleted is expected to be absent, and is version n + 1 all the same.
        return not any(deleted for _, deleted in found.values())

    async def put_right(self, connection: Connection, made: Sequence[tuple[int, int, int]]) -> None:
        """Seals again what became another version than was thought, in the same transaction.

        `made` are place, row id and version of what was written.
        """
        wrong = [one for one in made if self.guessed.get(one[0], one[2]) != one[2]]
        if not wrong:
            return
        for place, _, version in wrong:
            self.guessed[place] = version
        await self._seal([place for place, _, _ in wrong])
        await connection.execute(
            _PUT_RIGHT,
            [type_number(self.drafts[place].type) for place, _, _ in wrong],
            [rid for _, rid, _ in wrong],
            [self.bodies[place].number for place, _, _ in wrong],
            [self.bodies[place].body for place, _, _ in wrong],
        )

    def contained(self, place: int, one: Inside, version: int) -> Sealed:
        """The body of what a draft contains: sealed where its container is."""
        if place not in self.chosen and not to_seal(one.type, 0, one.body):
            return 0, one.body
        return self.ring.seal(one.body, place_of(one.type, one.id, version))

    async def _seal(self, places: Sequence[int]) -> None:
        if sum(len(self.drafts[place].body) for place in places) > _LONG:
            await asyncio.to_thread(self._seal_all, places)
        else:
            self._seal_all(places)

    def _seal_all(self, places: Sequence[int]) -> None:
        for place in places:
            draft = self.drafts[place]
            name = place_of(draft.type, draft.id, self.guessed[place])
            number, body = self.ring.seal(draft.body, name)
            expected = self.expected.get(place, draft.expected)
            self.bodies[place] = SealedDraft(number, body, expected)


def sealing_of(ring: Ring | None, drafts: Sequence[Draft]) -> Sealing | None:
    """What a write has to seal; None when that is nothing, or nothing is sealed here."""
    if ring is None:
        return None
    chosen = frozenset(
        place
        for place, one in enumerate(drafts)
        if one.rows is not None and to_seal(one.type, one.rows.labels, one.body)
    )
    return Sealing(ring, drafts, chosen) if chosen else None


def _next(draft: Draft) -> int | None:
    """The version that a draft makes when it is written at all; None where it cannot be said."""
    if draft.expected > 0:
        return draft.expected + (draft.method is not Method.REFRESH)
    if draft.expected != ANY_VERSION and draft.method is Method.POST:
        return 1
    return None
