"""The search that is made before a file is created: over the whole region, traits only, traced.

Rule: A1.1; decision 0025.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.scope import DELETED, Scope
from cordee.identity.ins.outgoing import outgoing
from cordee.identity.ins.statuses import Status
from cordee.identity.matching.people import Person, prepare, read_person
from cordee.identity.matching.scoring import Match, score_prepared
from cordee.identity.matching.searching import search, search_keys
from cordee.identity.matching.weights import french_weights
from cordee.identity.patients.files import QUERIES, File, Files, Json, file_of
from cordee.identity.patients.keys import birth_days, file_keys, identifier_keys, search_marks
from cordee.runtime import clock
from cordee.runtime.database import Connection, search_errors

MOST_READ = 2000
MOST_SHOWN = 20
VALID = timedelta(minutes=15)
POSSIBLE = 0.5
_TRUST = (Status.PROV, Status.RECUP, Status.VALI, Status.QUAL)
_SHOWN = (
    "resourceType", "id", "meta", "extension", "identifier", "active", "name", "gender",
    "birthDate", "deceasedBoolean", "deceasedDateTime", "multipleBirthBoolean",
    "multipleBirthInteger", "address", "link",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be the one sought: its traits as they may be shown, and why."""

    patient: Json
    match: Match


class Finder:
    """Finds people among all the files of the region, whoever's circle they are in."""

    def __init__(self, kernel: Kernel) -> None:
        """All parts of the kernel are open."""
        self._kernel = kernel
        self._files = Files(kernel)
        self._birthdate = kernel.registry.of("Patient")["birthdate"].number

    async def find(self, scope: Scope, asked: Person) -> list[Candidate]:
        """The files that fit what was typed, the likeliest first; the search is remembered.

        Raises `InvalidRequest` without birth date and three letters of the birth name, nor INS.
        """
        search_keys(asked)
        files = await self.near(scope, asked)
        hits = search(asked, [read_person(one.patient) for one in files])[:MOST_SHOWN]
        found = [(files[hit.place], hit.match) for hit in hits]
        return await self._told(scope, asked, found)

    async def match(self, scope: Scope, asked: Person, most: int) -> list[Candidate]:
        """The files that are likely of a person, whatever is known of them, the likeliest first."""
        files, one, weights = await self.near(scope, asked), prepare(asked), french_weights()
        scored = [
            (file, score_prepared(one, prepare(read_person(file.patient)), weights))
            for file in files
        ]
        kept = [pair for pair in scored if pair[1].probability >= POSSIBLE]
        kept.sort(key=lambda pair: -pair[1].weight)
        return await self._told(scope, asked, kept[:most])

    async def was_made(
        self, scope: Scope, person: Person, connection: Connection | None = None
    ) -> bool:
        """Whether the caller searched for this person a short time ago."""
        values = (scope.agent, search_marks(self._kernel.keys, person), clock.now() - VALID)
        if connection is not None:
            return bool(await connection.fetchval(QUERIES["has_searched"], *values))
        async with self._kernel.database.write.acquire() as own:
            return bool(await own.fetchval(QUERIES["has_searched"], *values))

    async def near(self, scope: Scope, asked: Person) -> list[File]:
        """Candidates in one round trip, which nobody has seen yet."""
        keys = self._kernel.keys
        values = (
            self._birthdate, birth_days(asked), identifier_keys(keys, asked.matricule),
            file_keys(keys, asked), MOST_READ, scope.hidden & ~DELETED,
        )  # fmt: skip
        with search_errors():
            async with self._kernel.database.search.acquire() as connection:
                rows = await connection.fetch(QUERIES["candidates"], *values)
        files = [file for row in rows if not _is_replaced((file := file_of(row)).patient)]
        # Of files that are as alike, the qualified one comes first.
        return sorted(files, key=lambda one: (-_TRUST.index(one.identity.status), one.rid))

    async def _told(
        self, scope: Scope, asked: Person, found: Sequence[tuple[File, Match]]
    ) -> list[Candidate]:
        """What is shown of the files, once the trail and the search are kept."""
        marks = search_marks(self._kernel.keys, asked)
        detail = f"identity search, {len(found)} shown"
        async with self._kernel.database.transaction() as connection:
            await connection.execute(QUERIES["note_search"], scope.agent, marks)
            await self._files.trace(
                connection, scope.agent, [file.pat for file, _ in found], detail
            )
        return [Candidate(shown(file.patient), match) for file, match in found]


def shown(patient: Json) -> Json:
    """The identity of a Patient and nothing else, without a matricule that may not leave."""
    traits = {name: patient[name] for name in _SHOWN if name in patient}
    for address in traits.get("address", ()):
        address.pop("line", None)
        address.pop("text", None)
    return outgoing(traits)


def _is_replaced(patient: Json) -> bool:
    return any(one.get("type") == "replaced-by" for one in patient.get("link", ()))
