"""From what a provider says of somebody to the account here, and to its situations.

Nobody is made active by it: a number that no account has is flagged, and looked at by people.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.identity.accounts import citizens
from cordee.identity.federation.claims import Shown
from cordee.identity.federation.ports import Directory
from cordee.identity.federation.providers import CITIZEN, HOSPITAL, PSC, Provider
from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

UNKNOWN, CLOSED, OTHER = "unknown", "closed", "other"
_QUERIES = load_queries("cordee.identity.federation")
_ROLE_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Found:
    """The account that a sign-in is of; `refusal` says why it does not open, else empty."""

    account: int = 0
    login: str = ""
    refusal: str = ""


async def find_account(  # noqa: PLR0913 -- who came, from where, when
    connection: Connection,
    provider: Provider,
    shown: Shown,
    rpps: str,
    now: datetime,
    *,
    patient: str = "",
) -> Found:
    """The account of who signed in, linked to their subject.

    `rpps` is what a hospital's provider says itself of it; `patient` (bare id) is whom the traits
    of a citizen are of: their account is made when they come for the first time.
    """
    row = await _row(connection, provider, shown, now)
    if row is None and patient:
        return await _welcome(connection, provider, shown, patient, now)
    if row is None:
        if provider.kind != CITIZEN:
            await connection.execute(
                _QUERIES["flag_unknown"], provider.name, shown.number, shown.name,
                shown.profession, now,
            )  # fmt: skip
        return Found(refusal=UNKNOWN)
    if not row["may_enter"]:
        return Found(refusal=CLOSED)
    if provider.kind == HOSPITAL and rpps and row["rpps"] not in {None, rpps}:
        return Found(refusal=OTHER)
    return await link(connection, provider, shown, row, now)


async def _welcome(
    connection: Connection, provider: Provider, shown: Shown, patient: str, now: datetime
) -> Found:
    """A new account with the space of a patient; whose space is open already links it themself."""
    if await citizens.space_of(connection, patient, now):
        return Found(refusal=UNKNOWN)
    login = f"{provider.name}-{secrets.token_hex(6)}"
    account = await citizens.add_citizen(connection, login, shown.name, now)
    await citizens.open_space(connection, account, login, patient, now)
    return await link(connection, provider, shown, {"id": account, "login": login}, now)


async def link(
    connection: Connection, provider: Provider, shown: Shown, row: Any, now: datetime
) -> Found:
    """Binds a subject to an account; refused when it is somebody else's."""
    taken = await connection.fetchval(
        _QUERIES["link"], provider.name, shown.subject, row["id"], now
    )
    if taken is None:
        return Found(refusal=OTHER)
    return Found(row["id"], row["login"])


async def place(
    connection: Connection, found: Found, shown: Shown, directory: Directory, now: datetime
) -> None:
    """Gives an account the situations that Pro Santé Connect names, and ends those it gave before.

    A situation that was given here for the same place and profession stands for it. A place that
    the directory does not know gives none.
    """
    rows = await connection.fetch(_QUERIES["situations_of"], found.account, now)
    had = [(row["id"], row["structure"], row["profession"], row["source"]) for row in rows]
    practitioner = await directory.practitioner(shown.number)
    named: set[tuple[str, str]] = set()
    for activity in shown.activities:
        known = await directory.structure(activity.numbers)
        if known is None or (known[0], activity.profession) in named:
            continue
        named.add((known[0], activity.profession))
        if any(place == known[0] and job in {activity.profession, ""} for _, place, job, _ in had):
            continue
        await connection.execute(
            _QUERIES["add_situation"], found.account, activity.role[:_ROLE_LENGTH],
            activity.profession, known[0], known[1], practitioner,
        )  # fmt: skip
    over = [key for key, place, job, source in had if source == PSC and (place, job) not in named]
    if over:
        await connection.execute(_QUERIES["end_situations"], over, now)


async def _row(connection: Connection, provider: Provider, shown: Shown, now: datetime) -> Any:
    if provider.kind == PSC:
        return await connection.fetchrow(_QUERIES["account_by_number"], shown.number, now)
    if provider.kind == HOSPITAL:
        return await connection.fetchrow(
            _QUERIES["account_by_local_number"], provider.structure, shown.number, now
        )
    return await connection.fetchrow(
        _QUERIES["account_by_subject"], provider.name, shown.subject, now
    )
