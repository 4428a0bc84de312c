"""Joiners, movers and leavers from a file: one line a situation, one person on several lines.

The columns are those of `COLUMNS`; only `login` is always needed. Who is not in the file stays as
they are: a leaver is said, by the status `left`. Who comes back is said by `active`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from cordee.identity.accounts.register import (
    ACTIVE,
    LEFT,
    SUSPENDED,
    NewAccount,
    Register,
    Situation,
)
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import InvalidRequest

COLUMNS: Final = (
    "login", "name", "status", "role", "structure", "structure_name", "practitioner", "profession",
    "ends", "supervisor", "sees_records", "functions",
)  # fmt: skip
_NO: Final = frozenset({"no", "non", "false", "0"})


@dataclass(slots=True)
class Arrival:
    """What a file says of one person from `line` on; `says_end`: it has a column of ends."""

    line: int
    person: NewAccount
    status: str
    says_end: bool
    situations: list[Situation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done for one person: "added", "changed", "left", "same"; `first` is a password."""

    login: str
    what: str
    first: str = ""


def read_arrivals(lines: Iterable[str]) -> Sequence[Arrival]:
    """The people of a CSV file, `;` or `,` between its columns.

    Raises `InvalidRequest`, which names the line, before anything is changed.
    """
    text = list(lines)
    separator = ";" if text and ";" in text[0] else ","
    rows = csv.DictReader(text, delimiter=separator)
    unknown = set(rows.fieldnames or ()) - set(COLUMNS)
    if "login" not in (rows.fieldnames or ()) or unknown:
        raise InvalidRequest(f"line 1: the columns are {', '.join(COLUMNS)}")
    people: dict[str, Arrival] = {}
    for row in rows:
        if None in row:
            raise InvalidRequest(f"line {rows.line_num}: there are more values than columns")
        told = {key: (value or "").strip() for key, value in row.items()}
        arrival = _arrival(rows.line_num, told)
        known = people.setdefault(arrival.person.login, arrival)
        if known is not arrival:
            if (known.person, known.status) != (arrival.person, arrival.status):
                raise InvalidRequest(f"line {arrival.line}: this person stands otherwise above")
            known.situations += arrival.situations
    return tuple(people.values())


async def take(register: Register, arrival: Arrival) -> Done:
    """Brings one person to what the file says; what is so already is left alone."""
    login, status = arrival.person.login, arrival.status
    known = await register.find(login)
    if known is None:
        if status != ACTIVE:
            return Done(login, "same")
        return Done(login, "added", await register.add(arrival.person, arrival.situations))
    changes = 0
    if status == ACTIVE:
        changes = await register.place(login, arrival.situations) if arrival.situations else 0
        if arrival.says_end and arrival.person.ends != known["ends"]:
            await register.set_end(login, arrival.person.ends)
            changes += 1
    if known["status"] != status:
        await register.set_status(login, status)
        changes += 1
    if not changes:
        return Done(login, "same")
    return Done(login, "left" if status != ACTIVE else "changed")


def end_of(text: str) -> datetime:
    """The end of a day in Paris; raises `InvalidRequest`."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(f"{text!r}: give a date such as 2027-03-31") from error
    return datetime.combine(day + timedelta(days=1), time(), PARIS)


def _arrival(line: int, row: dict[str, Any]) -> Arrival:
    status = row.get("status") or ACTIVE
    login = row["login"].casefold()
    if not login or status not in {ACTIVE, SUSPENDED, LEFT}:
        raise InvalidRequest(f"line {line}: give a login, and a status active, suspended or left")
    try:
        ends = end_of(row["ends"]) if row.get("ends") else None
    except InvalidRequest as error:
        raise InvalidRequest(f"line {line}: {error.message}") from error
    person = NewAccount(login, row.get("name", ""), ends, row.get("supervisor", "").casefold())
    arrival = Arrival(line, person, status, "ends" in row)
    if row.get("role") or row.get("structure"):
        if not (row.get("role") and row.get("structure", "").startswith("Organization/")):
            raise InvalidRequest(f"line {line}: a situation is a role and an Organization/id")
        arrival.situations.append(
            Situation(
                row["role"],
                row["structure"],
                row.get("structure_name", ""),
                row.get("profession", ""),
                row.get("practitioner", ""),
                row.get("sees_records", "").casefold() not in _NO,
                tuple(row.get("functions", "").split()),
            )
        )
    return arrival
