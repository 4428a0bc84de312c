"""The one door to patient data: who may do what, said as a scope for the kernel.

A system sees what its token carries; a signed-in person sees the patients in whose circle their
structure or they themselves are, and what belongs to no patient, without the labels that the
decision keeps from them. How the other rules come in: decision 0030.
"""

from __future__ import annotations

from cordee.access.labels import hidden_labels, kind_of
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.store.scope import DELETED, Limit, Scope
from cordee.identity.principal import Principal
from cordee.identity.smart.scopes import kept, parsed_scopes
from cordee.runtime.clock import today


class Guard:
    """Turns principals into scopes."""

    def __init__(self, keys: KeyMaker) -> None:
        """`keys` hashes entities as the index does."""
        self._keys = keys

    def scope(self, principal: Principal) -> Scope:
        """What this principal may see and do."""
        rights: dict[str, str] = {}
        limits: list[Limit] = []
        for one in parsed_scopes(principal.scopes):
            patient = principal.patient if one.context == "patient" else ""
            if one.criteria or one.context == "patient":
                if patient or one.context != "patient":
                    limits.append(Limit(one.type, kept(one.letters), patient, one.criteria))
                continue
            rights[one.type] = rights.get(one.type, "") + one.letters
        actors = None
        if not principal.is_system:
            entities = [principal.structure, principal.practitioner]
            actors = tuple(self._keys(entity) for entity in entities if entity)
        hidden = DELETED | hidden_labels(kind_of(principal), today())
        return Scope(
            agent=principal.user, actors=actors, rights=rights, hidden=hidden, limits=tuple(limits)
        )
