"""Passkeys of local accounts: enrolled, shown to enter, to confirm or to unlock, taken away.

A key counts as two factors because its device has checked its holder: without user verification
nothing is accepted. Rule: Web Authentication Level 2, sections 7.1 and 7.2.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import structlog
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from cordee.identity.accounts.entering import Entrance, Outcome, note
from cordee.identity.accounts.sealing import fingerprint
from cordee.identity.accounts.sessions import OPEN, Origin, Visitor
from cordee.identity.accounts.throttling import CODE, Attempt, Throttle
from cordee.runtime.database import Connection, Database
from cordee.runtime.queries import load_queries

LASTS: Final = timedelta(minutes=5)
MOST: Final = 10
_QUERIES = load_queries("cordee.identity.passkeys")
_NAME: Final = "Cordée"
_LABEL_LENGTH: Final = 60
_VERIFIED: Final = UserVerificationRequirement.REQUIRED
_BROKEN: Final = (WebAuthnException, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Passkey:
    """One key as its owner sees it."""

    id: str
    label: str
    made: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class Entered:
    """Who entered by a key, and the step that comes; `wait` seconds when too early."""

    login: str = ""
    step: str = ""
    wait: int = 0


class Passkeys:
    """The keys of one installation, which are bound to the name it is reached by."""

    def __init__(self, database: Database, entrance: Entrance, base_url: str) -> None:
        """`base_url` is the address that browsers show."""
        parts = urlsplit(base_url)
        self._database = database
        self._entrance = entrance
        self._throttle = Throttle(database)
        self._name = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"

    @property
    def is_possible(self) -> bool:
        """Whether browsers allow keys here: a name over https, or `localhost`; no number."""
        try:
            ip_address(self._name)
        except ValueError:
            return self._origin.startswith("https://") or self._name == "localhost"
        return False

    async def of(self, visitor: Visitor) -> Sequence[Passkey]:
        """The keys of an account, the oldest first."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["passkeys_of"], visitor.account)
        return tuple(Passkey(**row) for row in rows)

    async def ask_to_enrol(self, visitor: Visitor, browser: str) -> bytes:
        """The options of a new key, as JSON for the browser."""
        known = [bytes.fromhex(one.id) for one in await self.of(visitor)]
        options = generate_registration_options(
            rp_id=self._name,
            rp_name=_NAME,
            user_id=self._entrance.sealer.digest("passkey", visitor.account),
            user_name=visitor.login,
            user_display_name=visitor.name,
            challenge=await self._challenge(browser),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return options_to_json(options).encode()

    async def enrol(
        self, visitor: Visitor, browser: str, answer: str, label: str, origin: Origin
    ) -> bool:
        """Keeps a new key; False when what the browser sent does not hold."""
        now = self._entrance.clock()
        async with self._database.transaction() as connection:
            challenge = await self._taken(connection, browser, now)
            if challenge is None or len(await self.of(visitor)) >= MOST:
                return False
            try:
                made = verify_registration_response(
                    credential=answer, expected_challenge=challenge, expected_rp_id=self._name,
                    expected_origin=self._origin, require_user_verification=True,
                )  # fmt: skip
            except _BROKEN as error:
                structlog.get_logger().warning("passkey_refused", reason=type(error).__name__)
                return False
            kept = await connection.fetchval(
                _QUERIES["add_passkey"], made.credential_id, visitor.account,
                made.credential_public_key, made.sign_count,
                label.strip()[:_LABEL_LENGTH] or _NAME, now,
            )  # fmt: skip
            if kept is None:
                return False
            await note(connection, visitor.account, "passkey enrolled", origin)
            await self._entrance.raise_level(connection, browser)
        return True

    async def remove(self, visitor: Visitor, key: str, origin: Origin) -> None:
        """Takes a key of this person away; another's changes nothing."""
        if not key or not set(key) <= set("0123456789abcdef") or len(key) % 2:
            return
        async with self._database.transaction() as connection:
            gone = await connection.fetchval(_QUERIES["remove_passkey"], visitor.account, key)
            if gone is not None:
                await note(connection, visitor.account, "passkey removed", origin)

    async def ask(self, browser: str) -> bytes:
        """The options to show a key, whoever it is: the device knows its accounts."""
        options = generate_authentication_options(
            rp_id=self._name,
            challenge=await self._challenge(browser),
            user_verification=_VERIFIED,
        )
        return options_to_json(options).encode()

    async def enter(self, browser: str, answer: str, fresh: str, origin: Origin) -> Entered:
        """Opens the session `fresh`, at level 2, for who shows a key."""
        attempt = await self._attempt("passkey", origin)
        if isinstance(attempt, int):
            return Entered(wait=attempt)
        async with self._database.transaction() as connection:
            shown = await self._shown(connection, browser, answer)
            if shown is None:
                return Entered()
            account, login = shown
            step = await self._entrance.admit(connection, account, 2, fresh, origin)
            await connection.execute(_QUERIES["mark_session"], fingerprint(fresh))
            await note(connection, account, "entered", origin, "passkey")
        await self._throttle.was_right(attempt)
        return Entered(login, step)

    async def confirm(self, visitor: Visitor, browser: str, answer: str, origin: Origin) -> Outcome:
        """Raises this session to level 2, or unlocks it; another person's key does neither."""
        attempt = await self._attempt(f"passkey {visitor.account}", origin)
        if isinstance(attempt, int):
            return Outcome(wait=attempt)
        async with self._database.transaction() as connection:
            shown = await self._shown(connection, browser, answer)
            if shown is None or shown[0] != visitor.account:
                return Outcome()
            await self._entrance.raise_level(connection, browser)
            await connection.execute(_QUERIES["mark_session"], fingerprint(browser))
            await note(connection, visitor.account, "second factor", origin, "passkey")
        await self._throttle.was_right(attempt)
        return Outcome(OPEN)

    async def _shown(
        self, connection: Connection, browser: str, answer: str
    ) -> tuple[int, str] | None:
        """Account and login behind a key that was shown; None when it does not hold."""
        now = self._entrance.clock()
        challenge = await self._taken(connection, browser, now)
        try:
            told: dict[str, Any] = orjson.loads(answer)
            key = base64url_to_bytes(told["rawId"])
            row = await connection.fetchrow(_QUERIES["find_passkey"], key, now)
            if challenge is None or row is None:
                return None
            held = verify_authentication_response(
                credential=told, expected_challenge=challenge, expected_rp_id=self._name,
                expected_origin=self._origin, credential_public_key=row["public_key"],
                credential_current_sign_count=row["uses"], require_user_verification=True,
            )  # fmt: skip
        except _BROKEN as error:
            structlog.get_logger().warning("passkey_refused", reason=type(error).__name__)
            return None
        await connection.execute(_QUERIES["note_use"], key, held.new_sign_count, now)
        return row["account"], row["login"]

    async def _challenge(self, browser: str) -> bytes:
        challenge = secrets.token_bytes(32)
        ends = self._entrance.clock() + LASTS
        async with self._database.write.acquire() as connection:
            await connection.execute(
                _QUERIES["keep_challenge"], fingerprint(browser), challenge, ends
            )
        return challenge

    async def _taken(self, connection: Connection, browser: str, now: datetime) -> bytes | None:
        row = await connection.fetchrow(_QUERIES["take_challenge"], fingerprint(browser), now)
        return row["challenge"] if row is not None and row["holds"] else None

    async def _attempt(self, person: str, origin: Origin) -> Attempt | int:
        name = f"{person} {origin.address}"
        return await self._throttle.count(name, origin.address, self._entrance.clock(), CODE)
