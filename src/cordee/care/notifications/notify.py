"""The one place that decides who is told of an event, by which channel, and when.

The rules of the house say who is due without asking; subscriptions add people and channels, or end
a rule for who says so; the guard then keeps whoever may not read what it is about. What nobody can
be told of by a screen goes by the MSSanté, else to somebody who telephones. Rules: B2.2, B2.3,
B2.7, B2.9; decision 0050.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cordee.care.notifications import rules
from cordee.care.notifications.kinds import kind_of
from cordee.care.notifications.ports import Around, Mailboxes, People, Rights, Surroundings
from cordee.identity.principal import Principal

BARE: Final = frozenset({"to-phone", "escalation"})
"""Kinds of which somebody learns that there is something, whatever is open to them."""
WITH_FILE: Final = frozenset({"letter", "plan-deposit"})
"""Kinds whose document goes to the médecin traitant by MSSanté, with a screen or without."""
_DOCTOR: Final = "10"
_WITHOUT_DOCTOR: Final = frozenset({"emergency-arrival", "admission", "death"})
_ADDRESSED: Final = frozenset({rules.NAMED, rules.RELAY})
_BY_LETTER: Final = frozenset({rules.ATTENDING, rules.RESIDENCE, rules.FILE})


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it stands in the outbox."""

    n: int
    kind: str
    at: datetime
    patient: str
    place: str
    focus: str
    urgent: bool
    to: tuple[str, ...]
    detail: Mapping[str, str]

    @property
    def about(self) -> str:
        """What somebody must be able to read to be told of it; "" for an event of no record."""
        return self.focus or self.patient

    @property
    def sender(self) -> str:
        """The structure that answers for it: who sent the patient, else where it happened."""
        return self.detail.get("sender", "") or self.place


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription that may hold for an event."""

    n: int
    person: str
    structure: str
    patient: str
    place: str
    channel: str
    wanted: bool
    at_once: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One notification to make; `at_once` is false for what may wait for the next digest."""

    reader: str
    structure: str
    channel: str
    rule: str
    bare: bool = False
    at_once: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody of a structure has to telephone; `callee` is "" where nobody is known."""

    structure: str
    callee: str
    why: str


@dataclass(slots=True)
class Decided:
    """Who is told, and who has to be telephoned."""

    lines: list[Line] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    principal: Principal
    rule: str
    channels: dict[str, bool]


class Notifier:
    """Decides for one installation."""

    def __init__(
        self, people: People, surroundings: Surroundings, rights: Rights, mailboxes: Mailboxes
    ) -> None:
        """All parts are bound."""
        self._people = people
        self._surroundings = surroundings
        self._rights = rights
        self._mailboxes = mailboxes

    async def around(self, event: Told) -> Around:
        """Who is around the patient of an event."""
        return await self._surroundings.around(event.patient) if event.patient else Around()

    async def people(self, event: Told, around: Around) -> Mapping[str, Sequence[Principal]]:
        """Who stands behind all whom an event may concern."""
        references = {*around.everyone, event.place, event.detail.get("sender", ""), *event.to} - {
            ""
        }
        return await self._people.behind([one for one in references if "/" in one])

    async def decide(
        self,
        event: Told,
        around: Around,
        behind: Mapping[str, Sequence[Principal]],
        wishes: Sequence[Wish],
    ) -> Decided:
        """Who is told of an event, and who is not to be reached but by telephone."""
        decided = Decided()
        dues = list(rules.due_of(event.kind, around, event.place, event.detail.get("sender", "")))
        own = rules.RELAY if event.kind == "escalation" else rules.NAMED
        dues += [rules.Due(one, own) for one in event.to]
        readers = await self._readers(event, dues, behind, wishes)
        open_to = await self._open(event, [one.principal for one in readers.values()])
        for reader, is_open in zip(readers.values(), open_to, strict=True):
            if is_open or event.kind in BARE:
                decided.lines += _lines(reader, bare=not is_open)
        unreached = [
            one
            for one in dues
            if one.rule in _BY_LETTER
            and (not behind.get(one.reference) or _has_file(event, one.rule))
        ]
        await self._by_letter(event, unreached, decided)
        if not around.attending and event.kind in _WITHOUT_DOCTOR and event.patient:
            decided.calls.append(Call(_caller(event, around), "", "unknown"))
        return decided

    async def _readers(
        self,
        event: Told,
        dues: Sequence[rules.Due],
        behind: Mapping[str, Sequence[Principal]],
        wishes: Sequence[Wish],
    ) -> dict[str, _Reader]:
        """Everybody with an account who is due or asked for it, by user name."""
        found: dict[str, _Reader] = {}
        refused = {one.person for one in wishes if not one.wanted and one.channel == "screen"}
        users = {one.reference for one in dues if "/" not in one.reference}
        users |= {one.person for one in wishes if one.person}
        named = await self._people.named(users) if users else {}
        for due in dues:
            principals = behind.get(due.reference, ())
            if due.reference in named:
                principals = (named[due.reference],)
            for one in principals:
                if one.user not in refused or due.rule in _ADDRESSED:
                    found.setdefault(one.user, _Reader(one, due.rule, {}))
        relatives = await self._people.relatives(event.patient) if event.patient else ()
        if rules.tells_relatives(event.kind):
            for one in relatives:
                if one.user not in refused:
                    found.setdefault(one.user, _Reader(one, rules.RELATIVE, {}))
        wishes = _adding(event.kind, wishes, found)
        _follow(found, wishes, {**named, **{one.user: one for one in relatives}}, behind)
        found.pop(event.detail.get("by", ""), None)
        return found

    async def _open(self, event: Told, principals: Collection[Principal]) -> list[bool]:
        if not event.about:
            return [True] * len(principals)
        return await self._rights.opens([(one, event.about) for one in principals])

    async def _by_letter(
        self, event: Told, unreached: Sequence[rules.Due], decided: Decided
    ) -> None:
        """Those who are due and have no account: a letter where it is open to them, else a call."""
        stand_ins = [stand_in(one.reference) for one in unreached]
        for due, is_open in zip(unreached, await self._open(event, stand_ins), strict=True):
            if not is_open:
                continue
            if await self._mailboxes.address(due.reference):
                decided.lines.append(Line(due.reference, "", "mssante", due.rule))
            elif event.urgent and due.reference != event.sender:
                decided.calls.append(Call(event.sender, due.reference, "no-address"))


def _adding(kind: str, wishes: Sequence[Wish], found: Collection[str]) -> Sequence[Wish]:
    """The subscriptions that count for a kind: of one that names its recipients, theirs alone."""
    if not kind_of(kind).addressed:
        return wishes
    return [one for one in wishes if one.person in found]


def _follow(
    found: dict[str, _Reader],
    wishes: Sequence[Wish],
    named: Mapping[str, Principal],
    behind: Mapping[str, Sequence[Principal]],
) -> None:
    """Adds who asked to be told, and the channels that people asked for."""
    for wish in wishes:
        if not wish.wanted:
            continue
        principals = behind.get(wish.structure, ()) if wish.structure else ()
        if wish.person in named:
            principals = (named[wish.person],)
        for one in principals:
            reader = found.setdefault(one.user, _Reader(one, f"following-{wish.n}", {}))
            if wish.channel != "screen":
                soonest = reader.channels.get(wish.channel, False)
                reader.channels[wish.channel] = soonest or wish.at_once
    for wish in wishes:
        if not wish.wanted and wish.person in found and wish.channel != "screen":
            found[wish.person].channels.pop(wish.channel, None)


def _lines(reader: _Reader, *, bare: bool) -> list[Line]:
    """The line of the screen, where all is read, then one for each other channel."""
    user, structure = reader.principal.user, reader.principal.structure
    first = Line(user, structure, "screen", reader.rule, bare)
    others = [
        Line(user, structure, channel, reader.rule, bare, at_once)
        for channel, at_once in sorted(reader.channels.items())
    ]
    return [first, *others]


def stand_in(reference: str) -> Principal:
    """Somebody who has no account, as the guard knows them: whom the record names."""
    is_structure = reference.startswith("Organization/")
    return Principal(
        reference, reference, "structure" if is_structure else "doctor",
        reference if is_structure else "", "" if is_structure else reference, ("user/*.rs",),
        level=2, profession=_DOCTOR,
    )  # fmt: skip


def _has_file(event: Told, rule: str) -> bool:
    return rule == rules.ATTENDING and event.kind in WITH_FILE


def _caller(event: Told, around: Around) -> str:
    return event.detail.get("sender", "") or next(iter(around.residences), "") or event.place
