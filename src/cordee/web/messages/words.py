"""What the pages of messages say: threads, messages and receipts in French words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cordee.care.messaging.absences import Absence
from cordee.care.messaging.facts import Line, Message, Thread
from cordee.care.record.traits import read_traits
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe

_LONGEST = 90


@dataclass(frozen=True, slots=True)
class LineRow:
    """One thread of the list."""

    number: str
    subject: str
    person: Person | None
    with_whom: str
    words: str
    at: datetime
    unread: int
    urgent: bool
    muted: bool
    is_here: bool


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message; `receipt` is what its author reads of it, `readers` who read it and when."""

    n: int
    day: str
    at: datetime
    name: str
    role: str
    words: str
    files: tuple[tuple[int, str, str], ...]
    is_mine: bool
    is_withdrawn: bool
    names_me: bool
    asks: str
    receipt: str
    readers: tuple[tuple[str, str], ...]


def line_rows(
    lines: tuple[Line, ...], people: Mapping[str, Any], own: str, here: str, today: date
) -> list[LineRow]:
    """Give the rows of a list of threads; `here` is the thread that is open."""
    rows: list[LineRow] = []
    for one in lines:
        thread = one.thread
        known = people.get(thread.patient)
        number = str(thread.id)
        rows.append(
            LineRow(
                number,
                thread.subject,
                describe(read_traits(known), today) if known else None,
                names(thread, own),
                _short(one.words),
                (one.at or thread.made).astimezone(PARIS),
                0 if number == here else one.unread,
                one.urgent and number != here,
                one.muted,
                number == here,
            )
        )
    return rows


def names(thread: Thread, own: str) -> str:
    """Give who is in a thread beside oneself."""
    return ", ".join(one.name for one in thread.present if one.reference != own and one.name)


def message_rows(
    thread: Thread, messages: tuple[Message, ...], own: str, at: datetime
) -> list[MessageRow]:
    """Give the messages of a thread to one of its members."""
    known = {one.reference: one.name for one in thread.members}
    others = [one for one in thread.present if one.reference != own]
    return [_row(one, known, len(others), own, at) for one in messages]


def readers(thread: Thread, own: str, away: Mapping[str, Absence]) -> list[str]:
    """Give who will read what is written, before it is: with who is away, and who answers then."""
    found: list[str] = []
    for one in thread.present:
        if one.reference == own:
            continue
        name = one.name or _("nom non connu")
        absence = away.get(one.reference)
        if absence is not None:
            day = french.short_date(absence.ends.astimezone(PARIS).date())
            told = _("absent jusqu’au %(day)s") % {"day": day}
            if absence.substitute_name:
                told += _(", remplacement : %(name)s") % {"name": absence.substitute_name}
            name = f"{name} ({told})"
        found.append(name)
    return found


def _row(one: Message, known: Mapping[str, str], others: int, own: str, at: datetime) -> MessageRow:
    read = [r for r in one.receipts if r.read is not None]
    moment = one.at.astimezone(PARIS)
    is_mine = one.author == own
    return MessageRow(
        one.n, french.long_date(moment.date()), moment, one.name or known.get(one.author, ""),
        one.role, one.words,
        tuple((file.place, file.name, _size(file.size)) for file in one.files),
        is_mine, one.withdrawn is not None, own in one.mentions, _asks(one, at),
        _receipt(one, others) if is_mine else "",
        tuple(
            (known.get(r.reader, "") or _("une personne de la structure"),
             french.clock(r.read.astimezone(PARIS)))
            for r in read if r.read is not None
        ),
    )  # fmt: skip


def _receipt(one: Message, others: int) -> str:
    read = sum(r.read is not None for r in one.receipts)
    if read:
        return _("lu par %(count)s sur %(all)s") % {"count": read, "all": max(others, read)}
    return _("remis, pas encore lu") if one.receipts else _("envoyé, pas encore remis")


def _asks(one: Message, at: datetime) -> str:
    if one.hours is None or one.due is None or one.withdrawn is not None:
        return ""
    sent_until = one.at.timestamp() + one.hours * 3600
    until = datetime.fromtimestamp(sent_until, PARIS)
    told = {
        "substitute": _("non lu à temps : remplaçant prévenu"),
        "coordinator": _("non lu à temps : coordination prévenue"),
        "read": _("lu"),
    }.get(one.stage, "")
    asked = _("réponse attendue avant %(hour)s") % {"hour": french.clock(until)}
    if until.date() != at.astimezone(PARIS).date():
        asked += f", {french.short_date(until.date())}"
    return ", ".join(part for part in (asked, told) if part)


def _size(size: int) -> str:
    kilo = max(1, round(size / 1024))
    return f"{kilo} ko" if kilo < 1024 else f"{french.number(round(kilo / 1024, 1))} Mo"  # noqa: PLR2004 -- a mega


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST].rsplit(" ", 1)[0] + "…"
