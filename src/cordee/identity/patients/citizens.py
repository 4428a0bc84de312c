"""Which patient of the region a citizen is, by the traits that a provider vouches for.

Only one qualified identity with all five traits the same counts: what is near is nobody. Rule: A1,
A2.1; decision 0047.
"""

from __future__ import annotations

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.scope import Scope
from cordee.identity.ins.statuses import Status
from cordee.identity.ins.traits import StrictTraits, differences
from cordee.identity.matching.people import Person
from cordee.identity.patients.searching import Finder

_SCOPE = Scope("citizen", None, {})


class KnownCitizens:
    """The patients of one installation, for citizen providers."""

    def __init__(self, kernel: Kernel) -> None:
        """All parts of the kernel are open."""
        self._finder = Finder(kernel)

    async def patient(self, traits: StrictTraits) -> str:
        """The bare id of the one qualified identity with exactly these traits, else empty."""
        if traits.birth_date is None:
            return ""
        asked = Person(
            birth_name=traits.birth_name,
            given_names=traits.birth_given_names,
            birth_date=traits.birth_date.isoformat(),
            sex=traits.sex,
            birth_place=traits.birth_place,
        )
        found = [
            file.id
            for file in await self._finder.near(_SCOPE, asked)
            if file.identity.status is Status.QUAL
            and not file.identity.is_untrusted
            and not _is_dead(file.patient)
            and file.identity.traits.is_complete
            and not differences(file.identity.traits, traits)
        ]
        return found[0] if len(found) == 1 else ""


def _is_dead(patient: dict[str, object]) -> bool:
    return bool(patient.get("deceasedBoolean") or patient.get("deceasedDateTime"))
