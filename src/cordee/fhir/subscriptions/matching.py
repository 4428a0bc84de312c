"""Which subscriptions a write concerns: all of them compiled once, found by type, patient and key.

Subscriptions with the same criteria share one condition. A write is asked of the conditions that
its patient or one of its keys leads to, whatever the number of subscriptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cordee.fhir.indexing.extract import Extractor
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.store.repository import Version
from cordee.fhir.store.tailing import Changed
from cordee.fhir.subscriptions.conditions import Condition, make_condition
from cordee.fhir.subscriptions.definition import (
    NATIONAL,
    TOPIC,
    Definition,
    filters_on,
    wanted_types,
)
from cordee.fhir.subscriptions.facts import Facts, read_facts
from cordee.fhir.subscriptions.national import identities_of, subject_keys
from cordee.fhir.subscriptions.topics import CREATE, DELETE, UPDATE, Trigger
from cordee.fhir.subscriptions.triggering import Triggering, make_triggering

_WRITES = frozenset({CREATE, UPDATE})
_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One subscription on one type: which writes count, and since when."""

    subscriber: str
    made: datetime
    interactions: frozenset[str]
    trigger: Trigger | None
    subject: frozenset[int] | None


@dataclass(slots=True)
class Group:
    """Subscriptions that share a condition."""

    condition: Condition
    rules: dict[str, list[Rule]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """A write, and the subscriptions that it is an event of."""

    changed: Changed
    subscribers: tuple[str, ...]


@dataclass(slots=True)
class Pending:
    """A write that meets all of a condition but what the database has to say."""

    group: Group
    rules: list[Rule]


@dataclass(slots=True)
class _Index:
    """Groups of one type by a patient, by a key, or by neither."""

    by_patient: dict[int, dict[int, Group]] = field(default_factory=dict)
    by_key: dict[int, dict[int, Group]] = field(default_factory=dict)
    rest: dict[int, Group] = field(default_factory=dict)

    def places(self, group: Group) -> Iterator[dict[int, Group]]:
        condition = group.condition
        if condition.patients is not None:
            for one in condition.patients:
                yield self.by_patient.setdefault(one, {})
        elif condition.keys is not None:
            for one in condition.keys:
                yield self.by_key.setdefault(one, {})
        else:
            yield self.rest

    def near(self, facts: Facts) -> Iterator[Group]:
        """Groups that a version may meet, each once."""
        if facts.patient is not None:
            yield from self.by_patient.get(facts.patient, {}).values()
        if self.by_key:
            found: dict[int, Group] = {}
            for key in facts.keys & self.by_key.keys():
                found |= self.by_key[key]
            yield from found.values()
        yield from self.rest.values()


@dataclass(slots=True)
class _Write:
    """One write while it is matched; what was found out of it is kept."""

    changed: Changed
    before: Facts | None
    now: Facts | None
    known: dict[tuple[str, int], bool] = field(default_factory=dict)
    told: frozenset[int] | None = None

    @property
    def focus(self) -> Facts | None:
        """The version that filters are asked of."""
        return self.now or self.before

    @property
    def interaction(self) -> str:
        """What kind of write it is."""
        if self.now is None:
            return DELETE
        return CREATE if self.before is None else UPDATE

    def people(self, context: Context) -> frozenset[int]:
        """Whom a declared event is about, as keys."""
        if self.told is None:
            self.told = identities_of(context.keys, self.focus)
        return self.told


class Matcher:
    """All subscriptions of a process."""

    def __init__(self, context: Context, extract: Extractor) -> None:
        """`context` compiles criteria; what the owner may see is asked at delivery."""
        self._context = context
        self._extract = extract
        self._groups: dict[_Key, Group] = {}
        self._indexes: dict[str, _Index] = {}
        self._of: dict[str, list[_Key]] = {}
        self._triggering: dict[tuple[str, int], Triggering] = {}

    def __len__(self) -> int:
        """How many subscriptions there are."""
        return len(self._of)

    @property
    def types(self) -> frozenset[str]:
        """Types that some subscription is about."""
        return frozenset(self._indexes)

    async def put(
        self, subscriber: str, definition: Definition, made: datetime, subject: Iterable[str] = ()
    ) -> None:
        """Adds a subscription or replaces it; raises what `make_condition` raises."""
        self.drop(subscriber)
        keys = subject_keys(self._context.keys, subject)
        found = list(_rules(subscriber, definition, made, keys))
        for kind, criteria, rule in found:
            if rule.trigger is not None:
                await self._ready(rule.trigger)
            group = await self._group(kind, criteria)
            group.rules.setdefault(subscriber, []).append(rule)
            self._of.setdefault(subscriber, []).append((kind, tuple(sorted(criteria))))

    def drop(self, subscriber: str) -> None:
        """Forgets a subscription."""
        for key in dict.fromkeys(self._of.pop(subscriber, ())):
            group = self._groups[key]
            group.rules.pop(subscriber, None)
            if group.rules:
                continue
            del self._groups[key]
            for place in self._indexes[key[0]].places(group):
                place.pop(id(group), None)

    def match(self, changed: Changed) -> tuple[list[str], list[Pending]]:
        """Subscriptions that a write concerns, and those that the database must be asked about."""
        index = self._indexes.get(changed.type)
        if index is None:
            return [], []
        write = _Write(changed, self._facts(changed.before), self._facts(changed.now))
        focus = write.focus
        if focus is None:
            return [], []
        found: list[str] = []
        pending: list[Pending] = []
        for group in index.near(focus):
            if not group.condition.holds(focus):
                continue
            rules = self._met(group, write)
            if group.condition.asked:
                pending += [Pending(group, rules)] if rules and write.now is not None else []
            else:
                found += [rule.subscriber for rule in rules]
        return found, pending

    def _met(self, group: Group, write: _Write) -> list[Rule]:
        """Rules of a group that count this write."""
        return [
            rule
            for rules in group.rules.values()
            for rule in rules
            if write.interaction in rule.interactions
            and write.changed.change.updated >= rule.made
            and (rule.subject is None or not rule.subject.isdisjoint(write.people(self._context)))
            and (
                rule.trigger is None or rule.trigger.is_bare or self._sets_off(rule.trigger, write)
            )
        ]

    def _sets_off(self, trigger: Trigger, write: _Write) -> bool:
        """Whether a write sets off a trigger; asked once, whatever the number of subscriptions."""
        place = (trigger.topic, trigger.place)
        if place not in write.known:
            write.known[place] = self._triggering[place].is_set_off(write.before, write.now)
        return write.known[place]

    def _facts(self, version: Version | None) -> Facts | None:
        return read_facts(self._extract, self._context.keys, version) if version else None

    async def _ready(self, trigger: Trigger) -> None:
        place = (trigger.topic, trigger.place)
        if place not in self._triggering:
            self._triggering[place] = await make_triggering(self._context, trigger)

    async def _group(self, kind: str, criteria: Sequence[tuple[str, str]]) -> Group:
        key = (kind, tuple(sorted(criteria)))
        group = self._groups.get(key)
        if group is None:
            group = Group(await make_condition(self._context, kind, key[1]))
            self._groups[key] = group
            for place in self._indexes.setdefault(kind, _Index()).places(group):
                place[id(group)] = group
        return group


def _rules(
    subscriber: str, definition: Definition, made: datetime, subject: frozenset[int]
) -> Iterator[tuple[str, list[tuple[str, str]], Rule]]:
    """Type, criteria and rule of each thing that a subscription waits for."""
    if definition.form != TOPIC or definition.topic is None:
        wanted = subject if definition.form == NATIONAL else None
        interactions = frozenset({CREATE}) if definition.form == NATIONAL else _WRITES
        rule = Rule(subscriber, made, interactions, None, wanted)
        yield definition.type, definition.criteria, rule
        return
    kinds = wanted_types(definition)
    for trigger in definition.topic.triggers:
        if trigger.type in kinds:
            criteria = [(one.name, one.text) for one in filters_on(definition, trigger.type)]
            rule = Rule(subscriber, made, trigger.interactions, trigger, None)
            yield trigger.type, criteria, rule
