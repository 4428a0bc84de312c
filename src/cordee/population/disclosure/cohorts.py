"""Counts for somebody who builds a cohort: a band, or a refusal that teaches nothing (G1.10).

A count is told as a band of a noisy number; the noise hangs on the people counted and on nothing
else (see `noise`), so that a question asked again under another name brings the same answer.

A question is refused if it differs from one answered before by fewer than k people in each
direction. A refusal must not be an answer: if only a difference of 1 to 10 were refused, "all of
them without Mrs X" would be refused exactly if Mrs X is one of them (Kenthapadi, Mishra and Nissim,
Simulatable Auditing, PODS 2005). So another wording for the very same people is refused with the
same words, and the bound lies 0 to 4 people above k, decided by the keys of those who differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cordee.population.disclosure.bands import Band, band
from cordee.population.disclosure.cells import K
from cordee.population.disclosure.ledger import Entry, Ledger
from cordee.population.disclosure.noise import SECRET_BYTES, cell_key, noise
from cordee.runtime.errors import InvalidRequest

_SPREAD: Final = 2


@dataclass(frozen=True, slots=True)
class CountRules:
    """`secret`: 16 bytes. `width`: half-width of the noise. `budget`: answers for one person.

    `budget` bounds what somebody can average over sets of their own making; it counts for as long
    as the ledger keeps entries, one load of the data as a rule.
    """

    secret: bytes
    k: int = K
    width: int = 4
    budget: int = 100

    def __post_init__(self) -> None:
        """Raises `InvalidRequest` for a secret of another length."""
        if len(self.secret) != SECRET_BYTES:
            raise InvalidRequest("The secret of the noise has 16 bytes.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told of a cohort."""

    band: Band

    @property
    def text(self) -> str:
        """The band in words."""
        return self.band.text


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is told; `like` is the earlier question that lies too near, if there is one."""

    text: str
    like: Entry | None = None


class Counter:
    """Answers counts of cohorts over one population, person by person."""

    def __init__(
        self, rules: CountRules, ledger: Ledger, everyone: np.ndarray | None = None
    ) -> None:
        """`everyone`: the pseudonyms of the whole population, whose size is known to all."""
        self._rules, self._ledger = rules, ledger
        self._everyone = None
        if everyone is not None:
            members = _members(everyone)
            told = band(members.size, rules.k)
            self._everyone = Entry("toute la population", members, told)

    async def ask(
        self, person: str, definition: str, cohort: np.ndarray | set[int]
    ) -> Answer | Refusal:
        """The size of a cohort for a person.

        `definition`: the criteria in one fixed wording. `cohort`: the pseudonyms (int64). A second
        call with the same wording and the same people brings the first answer.
        """
        members = _members(cohort)
        reply: list[Answer | Refusal] = []

        def decide(entries: Sequence[Entry]) -> Entry | None:
            given, entry = self._reply(entries, definition, members)
            reply.append(given)
            return entry

        await self._ledger.settle(person, decide)
        return reply[0]

    def _reply(
        self, entries: Sequence[Entry], definition: str, members: np.ndarray
    ) -> tuple[Answer | Refusal, Entry | None]:
        for entry in entries:
            if entry.definition == definition and np.array_equal(entry.members, members):
                return Answer(entry.band), None
        if len(entries) >= self._rules.budget:
            return Refusal(_SPENT.format(count=len(entries))), None
        told = self.told(members)
        known = entries if self._everyone is None else (self._everyone, *entries)
        for entry in known:
            if (told.low or entry.band.low) and self._near(entry.members, members):
                return Refusal(_NEAR.format(k=self._rules.k, entry=entry), entry), None
        return Answer(told), Entry(definition, members, told)

    def told(self, members: np.ndarray) -> Band:
        """The band of a set of pseudonyms: small if the real or the noisy count is small."""
        rules = self._rules
        drawn = noise(cell_key(members, rules.secret), rules.width, rules.secret)
        noisy = members.size + drawn
        return band(min(noisy, members.size) if members.size < rules.k else noisy, rules.k)

    def _near(self, one: np.ndarray, other: np.ndarray) -> bool:
        """Whether two sets differ by too few people in each direction."""
        bound = self._rules.k + 2 * _SPREAD
        if abs(one.size - other.size) >= bound:
            return False
        left = np.setdiff1d(one, other, assume_unique=True)
        right = np.setdiff1d(other, one, assume_unique=True)
        apart = max(left.size, right.size)
        if not self._rules.k <= apart < bound:
            return apart < self._rules.k
        key = cell_key(np.concatenate([left, right]), self._rules.secret)
        return apart < self._rules.k + _SPREAD + noise(key, _SPREAD, self._rules.secret)


def _members(cohort: np.ndarray | set[int]) -> np.ndarray:
    values = cohort if isinstance(cohort, np.ndarray) else np.array(sorted(cohort), np.int64)
    return np.unique(values.astype(np.int64))


_NEAR: Final = (
    "Cette demande désigne, à moins de {k} personnes près, les mêmes personnes que votre demande "
    "« {entry.definition} » : y répondre permettrait d’isoler quelqu’un. "
    "Réponse déjà donnée : {entry.band.text}."
)
_SPENT: Final = (
    "Vous avez obtenu {count} effectifs différents sur ces données : c’est le maximum, car leur "
    "recoupement finirait par isoler quelqu’un. Vos réponses précédentes restent consultables."
)
