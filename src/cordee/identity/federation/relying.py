"""The relying party: begins a sign-in, takes its answer, opens or raises the session.

What goes wrong is a value: who signs in reads a sentence, the log holds the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from cordee.identity.accounts.entering import Entrance, note
from cordee.identity.accounts.sealing import fingerprint
from cordee.identity.accounts.sessions import Origin, Visitor
from cordee.identity.federation.claims import Shown, read_claims, rpps_claim
from cordee.identity.federation.discovery import Discovery
from cordee.identity.federation.exchanging import (
    Asking,
    Return,
    Tokens,
    Untrusted,
    address_of,
    exchange,
)
from cordee.identity.federation.linking import OTHER, Found, find_account, link, place
from cordee.identity.federation.ports import Citizens, Directory
from cordee.identity.federation.providers import CITIZEN, PSC, Provider, Providers
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, Unavailable
from cordee.runtime.queries import load_queries

ENTER, STEP, LINK = "enter", "step", "link"
REFUSED, EXPIRED, DOWN, UNTRUSTED, WEAK = "refused", "expired", "down", "untrusted", "weak"
LASTS: Final = timedelta(minutes=10)
_QUERIES = load_queries("cordee.identity.federation")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, or why it cannot: `problem` is a code of this module."""

    address: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a sign-in ended: the login, the next step and where to go, or a `problem`.

    `label` is the provider as people know it, `number` what it says of who is not known here.
    """

    login: str = ""
    step: str = ""
    path: str = "/"
    purpose: str = ENTER
    problem: str = ""
    label: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An identity that is bound to an account; `label` is the provider as people know it."""

    provider: str
    label: str
    linked: datetime


@dataclass(frozen=True, slots=True)
class Answering:
    """The browser that comes back: its session, the one to open, who is signed in already."""

    browser: str
    fresh: str
    visitor: Visitor | None
    origin: Origin


class Federation:
    """Lets people in by the word of the configured providers."""

    def __init__(  # noqa: PLR0913 -- what a relying party stands on
        self,
        database: Database,
        entrance: Entrance,
        discovery: Discovery,
        directory: Directory,
        redirect_uri: str,
        *,
        citizens: Citizens | None = None,
    ) -> None:
        """`redirect_uri` is the address of ours that providers answer to."""
        self._citizens = citizens
        self.providers = Providers(database, entrance.sealer)
        self.discovery = discovery
        self.redirect_uri = redirect_uri
        self._database = database
        self._entrance = entrance
        self._directory = directory
        self.clock: Callable[[], datetime] = entrance.clock

    async def begin(self, name: str, browser: str, path: str, purpose: str = ENTER) -> Begun:
        """Keeps a request for this browser session; raises `NotFound` for an unknown provider."""
        provider = await self.providers.named(name)
        asking, now = Asking.new(), self.clock()
        try:
            address = await address_of(
                self.discovery, provider, asking, self.redirect_uri, is_step=purpose == STEP
            )
        except Unavailable as error:
            await self._is_down(provider, error)
            return Begun(problem=DOWN)
        async with self._database.write.acquire() as connection:
            await connection.execute(_QUERIES["forget_requests"], now)
            await connection.execute(
                _QUERIES["keep_request"], fingerprint(asking.state), provider.name,
                fingerprint(browser), asking.nonce, asking.verifier, purpose, path, now + LASTS,
            )  # fmt: skip
        return Begun(address)

    async def finish(self, given: Mapping[str, str], answering: Answering) -> Ended:
        """Takes the answer of a provider, its fields as they stand in the address."""
        state = given.get("state", "")
        async with self._database.write.acquire() as connection:
            kept = await connection.fetchrow(
                _QUERIES["take_request"], fingerprint(state), fingerprint(answering.browser),
                self.clock(),
            )  # fmt: skip
        if kept is None:
            return Ended(problem=EXPIRED)
        try:
            provider = await self.providers.named(kept["provider"])
        except NotFound:
            return Ended(problem=EXPIRED)
        told = Ended(path=kept["path"], purpose=kept["purpose"], label=provider.label)
        asking = Asking(state, kept["nonce"], kept["verifier"])
        try:
            proof = await self._prove(provider, asking, given, is_step=told.purpose == STEP)
            return await self._act(proof, told, answering)
        except _Problem as problem:
            structlog.get_logger().warning(
                "sign_in_failed", provider=provider.name, problem=problem.code
            )
            return replace(told, problem=problem.code, number=problem.number)

    async def links(self, visitor: Visitor) -> Sequence[Link]:
        """The identities that are bound to an account, the first one first."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["links_of"], visitor.account)
        return tuple(Link(**row) for row in rows)

    async def unlink(self, visitor: Visitor, name: str, origin: Origin) -> None:
        """Takes an identity away from an account; a professional's comes back by its number."""
        async with self._database.transaction() as connection:
            gone = await connection.fetchval(_QUERIES["unlink"], visitor.account, name)
            if gone is not None:
                await note(connection, visitor.account, "identity unlinked", origin, name)

    async def _prove(
        self, provider: Provider, asking: Asking, given: Mapping[str, str], *, is_step: bool
    ) -> _Proof:
        if given.get("iss", provider.issuer) != provider.issuer:
            raise _Problem(UNTRUSTED)
        if "code" not in given:
            is_refusal = given.get("error") in {"access_denied", "interaction_required"}
            raise _Problem(REFUSED if is_refusal else DOWN)
        return_to = Return(given["code"], self.redirect_uri, is_step)
        try:
            tokens = await exchange(self.discovery, provider, asking, return_to)
            shown = read_claims(provider, tokens.claims)
        except Unavailable as error:
            await self._is_down(provider, error)
            raise _Problem(DOWN) from error
        except (Untrusted, ValueError) as error:
            structlog.get_logger().warning("provider_untrusted", reason=str(error))
            raise _Problem(UNTRUSTED) from error
        if provider.down_since is not None:
            await self.providers.note_up(provider.name, self.clock())
        return _Proof(provider, shown, tokens)

    async def _act(self, proof: _Proof, told: Ended, answering: Answering) -> Ended:
        if told.purpose == ENTER:
            return await self._enter(proof, told, answering)
        visitor = answering.visitor
        if visitor is None:
            raise _Problem(EXPIRED)
        if told.purpose == STEP:
            await self._raise(proof, visitor, answering)
        else:
            await self._link(proof, visitor, answering)
        return replace(told, login=visitor.login, step=visitor.step)

    async def _enter(self, proof: _Proof, told: Ended, answering: Answering) -> Ended:
        provider, shown = proof.provider, proof.shown
        async with self._database.transaction() as connection:
            found = await self._find(connection, proof)
            if not found.refusal and provider.kind == PSC:
                await place(connection, found, shown, self._directory, self.clock())
            if not found.refusal:
                step = await self._entrance.admit(
                    connection, found.account, shown.level, answering.fresh, answering.origin
                )
                await self._mark(connection, proof, found.account, answering.fresh)
                how = f"{provider.name} {shown.acr}".strip()
                await note(connection, found.account, "entered", answering.origin, how)
                return replace(told, login=found.login, step=step)
        # Outside of the transaction: that somebody unknown came has to stay.
        raise _Problem(found.refusal, shown.number)

    async def _raise(self, proof: _Proof, visitor: Visitor, answering: Answering) -> None:
        """A step up counts only when it is the same person who shows two factors."""
        if proof.shown.level < 2:  # noqa: PLR2004 -- two factors
            raise _Problem(WEAK)
        async with self._database.transaction() as connection:
            await self._same(connection, proof, visitor)
            await self._entrance.raise_level(connection, answering.browser)
            await self._mark(connection, proof, visitor.account, answering.browser)
            how = proof.provider.name
            await note(connection, visitor.account, "second factor", answering.origin, how)

    async def _link(self, proof: _Proof, visitor: Visitor, answering: Answering) -> None:
        """Who is signed in binds an identity to their account; a professional's is by number."""
        async with self._database.transaction() as connection:
            if proof.provider.kind == CITIZEN:
                row = {"id": visitor.account, "login": visitor.login}
                found = await link(connection, proof.provider, proof.shown, row, self.clock())
                if found.refusal:
                    raise _Problem(found.refusal)
            else:
                await self._same(connection, proof, visitor)
            how = proof.provider.name
            await note(connection, visitor.account, "identity linked", answering.origin, how)

    async def _same(self, connection: Connection, proof: _Proof, visitor: Visitor) -> None:
        found = await self._find(connection, proof)
        if found.refusal or found.account != visitor.account:
            raise _Problem(found.refusal or OTHER)

    async def _find(self, connection: Connection, proof: _Proof) -> Found:
        rpps = rpps_claim(proof.tokens.claims)
        return await find_account(
            connection, proof.provider, proof.shown, rpps, self.clock(),
            patient=await self._patient(proof.shown),
        )  # fmt: skip

    async def _patient(self, shown: Shown) -> str:
        """Whom the traits of a citizen are of, when they have shown who they are surely enough."""
        if self._citizens is None or shown.pivot is None or shown.level < 2:  # noqa: PLR2004
            return ""
        return await self._citizens.patient(shown.pivot)

    async def _mark(
        self, connection: Connection, proof: _Proof, account: int, session: str
    ) -> None:
        shown = proof.shown
        await connection.execute(
            _QUERIES["mark_session"], fingerprint(session), proof.provider.kind, shown.acr,
            list(shown.amr), proof.provider.name, shown.subject, shown.session,
            self._entrance.sealer.seal(proof.tokens.id_token.encode(), account),
        )  # fmt: skip

    async def _is_down(self, provider: Provider, error: Unavailable) -> None:
        structlog.get_logger().warning("provider_down", provider=provider.name, reason=str(error))
        await self.providers.note_down(provider.name, self.clock())


@dataclass(frozen=True, slots=True)
class _Proof:
    provider: Provider
    shown: Shown
    tokens: Tokens


class _Problem(Exception):
    """Why a sign-in ends; `number` is that of somebody who is not known here."""

    def __init__(self, code: str, number: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.number = number
