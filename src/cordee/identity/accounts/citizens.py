"""Accounts of citizens: patients, and those who act for them; each person has one of their own.

Nobody declares who they are: an account is born from a code that somebody handed over, or from a
citizen provider whose traits are those of one qualified identity. Decision 0047.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from cordee.identity.accounts.passwords import is_weak
from cordee.identity.principal import CARER, PATIENT
from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict, InvalidRequest, RuleBroken
from cordee.runtime.queries import load_queries

PLACE: Final = "Organization/mon-espace"
PLACE_NAME: Final = "Mon espace"
_LONGEST: Final = 100
_OURS: Final = frozenset(
    {"citizen", "cordee", "directory", "dmp", "federation", "import", "insi", "system"}
)
"""Names that this installation bears itself in the trail: nobody else is read under them."""
_QUERIES = load_queries("cordee.identity.accounts")


def checked_login(text: str, password: str) -> str:
    """The login as it is kept; raises `InvalidRequest` for what is none, or a weak password."""
    login = text.strip().casefold()
    is_text = bool(login) and len(login) <= _LONGEST and login.isprintable() and " " not in login
    if not is_text or login in _OURS:
        raise InvalidRequest("login")
    if is_weak(password, login):
        raise InvalidRequest("password")
    return login


async def add_citizen(connection: Connection, login: str, name: str, at: datetime) -> int:
    """A new account that acts for nobody yet; raises `Conflict` when the login is taken."""
    account = await connection.fetchval(_QUERIES["add_account"], login, name, None, None, False, at)
    if account is None:
        raise Conflict("this login is taken")
    await _situate(connection, account, CARER, f"Person/{account}")
    await _note(connection, account, login, "added")
    return account


async def set_password(connection: Connection, account: int, stored: bytes, at: datetime) -> None:
    """Keeps the password that the person has chosen."""
    await connection.execute(_QUERIES["set_password"], account, stored, at, False)


async def open_space(
    connection: Connection, account: int, login: str, patient: str, at: datetime
) -> None:
    """Gives an account the space of a patient (bare id); raises `RuleBroken` where one has it."""
    reference = f"Patient/{patient}"
    await connection.execute(_QUERIES["lock_space"], reference)
    if await connection.fetchrow(_QUERIES["space_of"], reference, at) is not None:
        raise RuleBroken("Cette personne a déjà un espace.")
    await connection.execute(_QUERIES["end_bare_situations"], account, at)
    await _situate(connection, account, PATIENT, reference)
    await _note(connection, account, login, "space opened")


async def space_of(connection: Connection, patient: str, at: datetime) -> str:
    """The login of who has the space of a patient, empty for nobody."""
    row = await connection.fetchrow(_QUERIES["space_of"], f"Patient/{patient}", at)
    return row["login"] if row else ""


async def close_space(connection: Connection, patient: str, by: str, at: datetime) -> int:
    """Ends the space of a patient, with sessions and applications; how many there were."""
    reference = f"Patient/{patient}"
    rows = await connection.fetch(_QUERIES["end_space"], reference, at)
    for row in rows:
        account = row["account"]
        await connection.execute(_QUERIES["close_sessions"], account, at, "space closed", None)
        await connection.execute(_QUERIES["withdraw_space_grants"], account, reference, at)
        await _situate(connection, account, CARER, f"Person/{account}")
        await _note(connection, account, by, "space closed")
    return len(rows)


async def _situate(connection: Connection, account: int, role: str, entity: str) -> None:
    nothing: list[Any] = []
    await connection.fetchval(
        _QUERIES["add_situation"], account, role, "", PLACE, PLACE_NAME, entity, False, nothing
    )


async def _note(connection: Connection, account: int, by: str, action: str) -> None:
    await connection.execute(_QUERIES["add_event"], account, by, action, "", "")
