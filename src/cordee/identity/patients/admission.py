"""A person creates a Patient only after a search for that very person.

Rule: A1.1; decision 0025. Systems answer for their own searches: their scopes work as they did.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from cordee.fhir.interactions.kernel import Admission
from cordee.fhir.store.body import rendered
from cordee.fhir.store.draft import ABSENT, Draft
from cordee.fhir.store.scope import Scope
from cordee.identity.matching.people import Person, read_person
from cordee.identity.patients.searching import Finder
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import RuleBroken


def admission(finder: Finder) -> Admission:
    """What refuses a Patient for whom its creator has not searched; `RuleBroken` says so."""

    async def check(scope: Scope, drafts: Sequence[Draft], connection: Connection | None) -> None:
        for draft in drafts:
            if draft.type != "Patient" or draft.expected != ABSENT:
                continue
            if not await finder.was_made(scope, _person(draft), connection):
                raise RuleBroken(
                    "Cherchez d’abord cette personne (Patient/$match, ou la recherche d’identité) "
                    "avec sa date de naissance et les trois premières lettres de son nom de "
                    "naissance, ou son INS ; la création est possible pendant 15 minutes."
                )

    return check


def _person(draft: Draft) -> Person:
    return read_person(orjson.loads(rendered(draft.type, draft.id, 1, clock.now()) + draft.body))
