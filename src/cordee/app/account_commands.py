"""`cordee account`: who may enter this installation, by its administrator."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime

from cordee.app.wiring import bring_up_to_date, database_place
from cordee.identity.accounts.joining import end_of, read_arrivals, take
from cordee.identity.accounts.register import (
    ACTIVE,
    LEFT,
    SUSPENDED,
    NewAccount,
    Register,
    Situation,
)
from cordee.runtime.clock import PARIS, now
from cordee.runtime.database import open_database
from cordee.runtime.errors import InvalidRequest, ProductError, RuleBroken
from cordee.runtime.postgres.cluster import APPLICATION
from cordee.runtime.settings import Settings

Action = Callable[[Register, argparse.Namespace], Awaitable[None]]


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Does one action."""
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_do(options, place.url))


async def _do(options: argparse.Namespace, url: str) -> None:
    database = await open_database(url, role=APPLICATION, write_size=2, search_size=1)
    try:
        await _ACTIONS[options.action](Register(database, f"cli:{os.getuid()}"), options)
    finally:
        await database.close()


async def _add(register: Register, options: argparse.Namespace) -> None:
    person = NewAccount(options.login, options.name, _end_of(options.until), options.supervisor)
    _say_password(await register.add(person, [_situation_of(options)]))


async def _place(register: Register, options: argparse.Namespace) -> None:
    if options.remove:
        await register.end_situation(options.login, options.structure)
    else:
        await register.add_situation(options.login, _situation_of(options))


async def _list(register: Register, _: argparse.Namespace) -> None:
    for row in await register.all():
        ends = row["ends"].astimezone(PARIS).date().isoformat() if row["ends"] else "-"
        factors = "2 factors" if row["has_second"] else "1 factor"
        supervised = f"supervised by {row['supervisor']}" if row["temporary"] else "-"
        line = (row["login"], row["name"], row["status"], ends, factors, supervised)
        sys.stdout.write("\t".join((*line, row["situations"])) + "\n")


async def _end(register: Register, options: argparse.Namespace) -> None:
    if options.on:
        await register.set_end(options.login, _end_of(options.on))
    else:
        await register.set_status(options.login, LEFT)


async def _suspend(register: Register, options: argparse.Namespace) -> None:
    await register.set_status(options.login, SUSPENDED)


async def _resume(register: Register, options: argparse.Namespace) -> None:
    await register.set_status(options.login, ACTIVE)


async def _reset(register: Register, options: argparse.Namespace) -> None:
    _say_password(await register.reset(options.login))


async def _number(register: Register, options: argparse.Namespace) -> None:
    await register.set_rpps(options.login, options.rpps)


async def _delegate(register: Register, options: argparse.Namespace) -> None:
    if options.remove:
        await register.end_delegation(options.login, options.professional)
    else:
        ends = _end_of(options.until)
        await register.delegate(options.login, options.professional, now(), ends)


async def _import(register: Register, options: argparse.Namespace) -> None:
    """Prints `login, tab, first password` of who was added, then a JSON line of counts."""
    try:
        text = options.file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{options.file}: cannot be read as UTF-8 ({error})") from error
    counts: Counter[str] = Counter(added=0, changed=0, left=0, same=0, refused=0)
    for arrival in read_arrivals(text.splitlines()):
        try:
            done = await take(register, arrival)
        except ProductError as error:
            counts["refused"] += 1
            sys.stderr.write(f"cordee: line {arrival.line}: {error.message}\n")
            continue
        counts[done.what] += 1
        if done.first:
            sys.stdout.write(f"{done.login}\t{done.first}\n")
    sys.stdout.write(json.dumps(counts) + "\n")
    if counts["refused"]:
        raise RuleBroken(f"{counts['refused']} people were refused, the others are in place")


_ACTIONS: dict[str, Action] = {
    "add": _add,
    "place": _place,
    "list": _list,
    "end": _end,
    "suspend": _suspend,
    "resume": _resume,
    "reset": _reset,
    "number": _number,
    "delegate": _delegate,
    "import": _import,
}


def _situation_of(options: argparse.Namespace) -> Situation:
    return Situation(
        options.role,
        options.structure,
        options.structure_name,
        options.profession,
        options.practitioner,
        not options.without_records,
        tuple(options.function),
    )


def _end_of(text: str | None) -> datetime | None:
    return end_of(text) if text else None


def _say_password(first: str) -> None:
    sys.stdout.write(f"{first}\n")
    sys.stderr.write("cordee: hand this first password over; it is asked to be changed at once\n")
