"""Rules that look at a day of the trail, and the alerts that wait for the DPO. Rule: A6.6.

An alert blocks nobody: it says who, which day, how many, and names lines. One rule tells of one
person once a day. Regulation and emergencies work at night and far away: two rules leave them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from cordee.access.glasses import need
from cordee.fhir.indexing.keys import KeyMaker, token_texts
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.model.text import normalise
from cordee.identity.patients.creating import SENSITIVE_SYSTEM
from cordee.identity.principal import DPO, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.anomalies")
_MOST: Final = 200
_ALIAS: Final = "PSEUDED"
_LARGEST: Final = 100_000
_TITLES: Final = frozenset({"dr", "pr", "m", "mme", "mlle"})


class Rule(StrEnum):
    """What is looked at."""

    OUTSIDE = "outside"
    NIGHT = "night"
    FAMILY = "family"
    VIP = "vip"
    SEARCHES = "searches"


DEFAULTS: Final = {
    Rule.OUTSIDE: 30, Rule.NIGHT: 40, Rule.FAMILY: 0, Rule.VIP: 0, Rule.SEARCHES: 25,
}  # fmt: skip
"""More than so many patients (or searches) in a day."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rule as it holds; `by` is empty where the default holds."""

    rule: Rule
    most: int
    is_on: bool
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, with what the DPO said of it; `ended` is None while it waits."""

    n: int
    at: datetime
    rule: Rule
    agent: str
    day: date
    count: int
    most: int
    lines: tuple[int, ...]
    ended: datetime | None
    by: str
    founded: bool | None
    words: str


class Anomalies:
    """The rules and alerts of one installation."""

    def __init__(self, database: Database, keys: KeyMaker, registry: Registry) -> None:
        """`keys` hash as the index does; `registry` numbers its parameters."""
        self._database = database
        patient, structure = registry.of("Patient"), registry.of("Organization")
        self._family = patient["family"].number
        self._homes = (
            patient["address-postalcode"].number, structure["address-postalcode"].number
        )  # fmt: skip
        self._alias = keys(token_texts("Patient._security", SENSITIVE_SYSTEM, _ALIAS)[0])

    async def thresholds(self, principal: Principal) -> tuple[Threshold, ...]:
        """All rules as they hold; raises `AccessDenied` but for the DPO."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            return await _thresholds(connection)

    async def history(self, principal: Principal) -> tuple[Threshold, ...]:
        """What the DPO said of the rules, the newest first."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["history"], _MOST)
        return tuple(_threshold(row) for row in rows)

    async def say(self, principal: Principal, said: Threshold, at: datetime) -> None:
        """Keeps a threshold; raises `RuleBroken` for one that cannot be."""
        need(principal, DPO)
        if not 0 <= said.most <= _LARGEST:
            raise RuleBroken("Donnez un nombre de 0 à 100 000.")
        async with self._database.write.acquire() as connection:
            await connection.execute(
                _QUERIES["say"], at, principal.user, said.rule, said.most, said.is_on
            )

    async def waiting(self, principal: Principal) -> tuple[Alert, ...]:
        """Alerts that nobody has looked at, the oldest first."""
        return await self._alerts(principal, "waiting")

    async def ended(self, principal: Principal) -> tuple[Alert, ...]:
        """Alerts that were looked at, the newest first."""
        return await self._alerts(principal, "ended")

    async def end(
        self, principal: Principal, number: int, *, founded: bool, words: str, at: datetime
    ) -> None:
        """Keeps the DPO's word on an alert; `RuleBroken` the second time, `NotFound` for none."""
        need(principal, DPO)
        reasons = {
            "": "Écrivez pourquoi, en 10 caractères au moins.",
            "anomaly_end_pkey": "Cette alerte a déjà été traitée.",
        }
        with table_rules(reasons):
            async with self._database.write.acquire() as connection:
                done = await connection.fetchval(
                    _QUERIES["end"], number, at, principal.user, founded, words
                )
        if done is None:
            raise NotFound("no such alert")

    async def look(self, day: date) -> int:
        """Runs the rules over a day of the trail, in Paris; how many new alerts."""
        start = datetime.combine(day, time(), PARIS)
        span, made = (start, start + timedelta(days=1)), 0
        async with self._database.write.acquire() as connection:
            for one in await _thresholds(connection):
                if not one.is_on:
                    continue
                more = await self._more(connection, one.rule, span)
                if more is None:
                    continue
                for row in await connection.fetch(_QUERIES[one.rule], *span, one.most, *more):
                    kept = await connection.fetchval(
                        _QUERIES["found"], one.rule, row["actor"], day, row["count"], one.most,
                        row["lines"],
                    )  # fmt: skip
                    made += kept is not None
        return made

    async def _more(
        self, connection: Connection, rule: Rule, span: tuple[datetime, datetime]
    ) -> tuple[Any, ...] | None:
        """What a rule needs beside the day and its threshold; None when there is nothing to ask."""
        match rule:
            case Rule.OUTSIDE:
                return self._homes
            case Rule.VIP:
                return (self._alias,)
            case Rule.FAMILY:
                rows = await connection.fetch(_QUERIES["openers"], *span)
                names = [(row["actor"], one) for row in rows for one in family_names(row["name"])]
                return ([a for a, _ in names], [b for _, b in names], self._family)
            case _:
                return ()

    async def _alerts(self, principal: Principal, which: str) -> tuple[Alert, ...]:
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES[which], _MOST)
        return tuple(
            Alert(
                row["n"], row["at"], Rule(row["rule"]), row["agent"], row["day"], row["count"],
                row["most"], tuple(row["lines"]), row["ended"], row["by"], row["founded"],
                row["words"],
            )
            for row in rows
        )  # fmt: skip


def family_names(name: str) -> tuple[str, ...]:
    """What may be the family name of `Dr Anne Le Goff`, folded: all that follows the first name."""
    words = [one for one in name.split() if normalise(one).strip(".") not in _TITLES]
    return (normalise(" ".join(words[1:])),) if len(words) > 1 else ()


async def _thresholds(connection: Connection) -> tuple[Threshold, ...]:
    said = {row["rule"]: _threshold(row) for row in await connection.fetch(_QUERIES["rules"])}
    return tuple(
        said.get(rule) or Threshold(rule, most, True, None, "") for rule, most in DEFAULTS.items()
    )


def _threshold(row: Mapping[str, Any]) -> Threshold:
    return Threshold(Rule(row["rule"]), row["most"], row["is_on"], row["at"], row["by"])
