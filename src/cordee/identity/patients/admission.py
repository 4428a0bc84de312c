"""A person creates a Patient only after a search for that very person, and names no new attending.

Rule: A1.1; decision 0025. The médecin traitant sees what is very restricted: the patient names
them, by their own software. Systems answer for what they write.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from cordee.fhir.indexing.landmarks import ATTENDING
from cordee.fhir.interactions.kernel import Admission, Kernel
from cordee.fhir.store.body import rendered
from cordee.fhir.store.draft import ABSENT, Draft
from cordee.fhir.store.repository import version_of
from cordee.fhir.store.scope import Scope
from cordee.identity.matching.people import Person, read_person
from cordee.identity.patients.light import is_light
from cordee.identity.patients.searching import Finder
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import RuleBroken

_TIES = """
SELECT c.actor FROM r_patient r JOIN care_circle c ON c.rid = r.rid WHERE r.type = 103 AND r.id = $1
"""


_FILE = "SELECT id, ver, upd, lab, method, dict, body FROM resource WHERE type = 103 AND id = $1"
_MARK = (
    "Un dossier devient léger, ou ordinaire, depuis la page d’identité, "
    "à la demande de la personne."
)


def admission(kernel: Kernel, finder: Finder) -> Admission:
    """What refuses a Patient for whom its creator has not searched; `RuleBroken` says so."""

    async def check(scope: Scope, drafts: Sequence[Draft], connection: Connection | None) -> None:
        for draft in drafts:
            if draft.type != "Patient":
                continue
            if draft.expected != ABSENT:
                await _need_same_attending(kernel, draft, connection)
                await _need_same_mark(kernel, draft, connection)
                continue
            if is_light(_body(draft)):
                raise RuleBroken(_MARK)
            if not await finder.was_made(scope, _person(draft), connection):
                raise RuleBroken(
                    "Cherchez d’abord cette personne (Patient/$match, ou la recherche d’identité) "
                    "avec sa date de naissance et les trois premières lettres de son nom de "
                    "naissance, ou son INS ; la création est possible pendant 15 minutes."
                )

    return check


async def _need_same_attending(kernel: Kernel, draft: Draft, connection: Connection | None) -> None:
    named = [one for one in draft.rows.circle if one.startswith(ATTENDING)] if draft.rows else []
    if not named:
        return
    if connection is not None:
        rows = await connection.fetch(_TIES, draft.id)
    else:
        async with kernel.database.write.acquire() as own:
            rows = await own.fetch(_TIES, draft.id)
    known = {row["actor"] for row in rows}
    if any(kernel.keys(one) not in known for one in named):
        raise RuleBroken("Le médecin traitant se déclare par le patient, pas par un professionnel.")


async def _need_same_mark(kernel: Kernel, draft: Draft, connection: Connection | None) -> None:
    """A file becomes light, or ordinary, by the doors of identity alone (B7.8)."""
    if draft.rows is None:
        return
    if connection is not None:
        row = await connection.fetchrow(_FILE, draft.id)
    else:
        async with kernel.database.write.acquire() as own:
            row = await own.fetchrow(_FILE, draft.id)
    version = version_of("Patient", draft.id, row) if row is not None else None
    before = orjson.loads(version.whole()) if version is not None and not version.deleted else {}
    if is_light(before) is not is_light(_body(draft)):
        raise RuleBroken(_MARK)


def _person(draft: Draft) -> Person:
    return read_person(_body(draft))


def _body(draft: Draft) -> dict[str, Any]:
    return orjson.loads(rendered(draft.type, draft.id, 1, clock.now()) + draft.body)
