"""What the authorization server keeps: clients, requests, grants, codes, refresh tokens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from cordee.identity.principal import Principal
from cordee.identity.smart.clients import Client, client_of
from cordee.runtime.database import Database
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.identity.smart")
_ENDING = frozenset({"withdraw_grant", "withdraw_client", "remove_client"})
_TIDIED_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed an application. `context` holds patient, encounter, intent."""

    id: str
    client: str
    account: str
    person: Principal
    context: Mapping[str, str]
    session: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """A row of the page of allowed applications."""

    client: str
    name: str
    scopes: tuple[str, ...]
    since: Any
    patient: str


def fresh() -> str:
    """A random name that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


def hashed(text: str) -> bytes:
    """How a random name is kept."""
    return sha256(text.encode()).digest()


class SmartStore:
    """The tables `smart_*` of one installation."""

    def __init__(self, database: Database) -> None:
        """`database` is open."""
        self._database = database
        self._spent = 0
        self.ended = 0
        """How often this process has ended something that a token may stand on."""

    async def rows(self, name: str, *values: Any) -> Sequence[Any]:
        """Rows of one named statement, done when this returns."""
        async with self._database.write.acquire() as connection:
            found = await connection.fetch(_QUERIES[name], *values)
        if name in _ENDING:
            self.ended += 1
        return found

    async def row(self, name: str, *values: Any) -> Any:
        """The first row, None where there is none."""
        found = await self.rows(name, *values)
        return found[0] if found else None

    async def add_client(self, client: Client) -> None:
        """Keeps a new client."""
        await self.rows(
            "add_client", client.id, client.name, client.kind, client.secret_hash, client.jwks,
            list(client.redirect_uris), client.launch_url, client.scopes, client.approved,
            client.jwks_uri, client.bound,
        )  # fmt: skip

    async def client(self, client_id: str) -> Client | None:
        """A client that may act; None for one that waits or was removed."""
        row = await self.row("client", client_id)
        client = client_of(row) if row else None
        return client if client and client.approved else None

    async def clients(self) -> list[Client]:
        """All that were not removed, those that wait for approval too."""
        return [client_of(row) for row in await self.rows("clients")]

    async def add_grant(self, grant: Grant) -> None:
        """Keeps what was allowed; one that is there stays as it is."""
        person = grant.person
        told = [
            person.user, person.name, person.role, person.structure, person.practitioner,
            person.level, person.situation, person.delegated_by, person.profession,
            sorted(person.functions),
        ]  # fmt: skip
        await self.rows(
            "add_grant", grant.id, grant.client, grant.account, orjson.dumps(told).decode(),
            orjson.dumps(dict(grant.context)).decode(), grant.session, " ".join(grant.scopes),
        )  # fmt: skip

    async def grant(self, grant_id: str, token: str = "") -> Grant | None:
        """What was allowed, while it holds and the access token of this name was not revoked."""
        row = await self.row("grant", grant_id, f"token {token}")
        if row is None:
            return None
        context = orjson.loads(row["context"])
        scopes = tuple(row["scopes"].split())
        told = orjson.loads(row["person"])
        level, situation, delegated_by, profession, functions = told[5:] or (1, "", "", "", ())
        person = Principal(
            told[0], told[1], told[2], told[3], told[4], scopes, level=level,
            situation=situation, delegated_by=delegated_by, client=row["client"],
            patient=context.get("patient", ""), profession=profession,
            functions=frozenset(functions),
        )  # fmt: skip
        return Grant(
            row["id"], row["client"], row["account"], person, context, row["session"], scopes
        )

    async def spend(self, name: str, expires: float) -> bool:
        """Marks a name that counts once; False when it was used before."""
        self._spent += 1
        if self._spent % _TIDIED_EVERY == 0:
            await self.rows("forget_spent")
        return await self.row("spend", name, expires) is not None

    async def revoke(self, jti: str, expires: float) -> None:
        """Ends one access token by its name."""
        await self.spend(f"token {jti}", expires)
        self.ended += 1

    async def tidy(self) -> None:
        """Forgets what has ended and was never more than a question."""
        await self.rows("forget_requests")
        await self.rows("forget_spent")

    async def allowed_by(self, account: str) -> list[Allowed]:
        """What a person allowed, the newest first."""
        return [
            Allowed(
                row["id"], row["name"], tuple(row["scopes"].split()), row["created"],
                orjson.loads(row["context"]).get("patient", ""),
            )
            for row in await self.rows("grants_of", account)
        ]  # fmt: skip
