"""The identity providers of an installation, as its operator has configured them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from cordee.identity.accounts.sealing import Sealer
from cordee.runtime.database import Database
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.queries import load_queries

PSC, HOSPITAL, CITIZEN = "psc", "hospital", "citizen"
KINDS: Final = (PSC, HOSPITAL, CITIZEN)
_QUERIES = load_queries("cordee.identity.federation")
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
_OWNER: Final = 0
"""Secrets of the installation are sealed for no account: identifiers of accounts begin at 1."""

# kind: (scope, acr_values, acr that stand for two factors), as each publishes them.
_USUAL: Final = {
    PSC: ("openid scope_all", "eidas1", ("eidas1", "eidas2", "eidas3")),
    HOSPITAL: ("openid profile", "", ()),
    CITIZEN: (
        "openid given_name family_name birthdate gender birthplace birthcountry",
        "eidas1",
        ("eidas2", "eidas3"),
    ),
}


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `strong_acr` are the acr that stand for two factors; `down_since` a break."""

    name: str
    kind: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = ""
    scope: str = ""
    acr_values: str = ""
    strong_acr: tuple[str, ...] = ()
    structure: str = ""
    local_claim: str = "sub"
    down_since: datetime | None = None


def usual(provider: Provider) -> Provider:
    """The same with what its kind asks for, where nothing was said."""
    scope, acr_values, strong = _USUAL[provider.kind]
    return replace(
        provider,
        scope=provider.scope or scope,
        acr_values=provider.acr_values or acr_values,
        strong_acr=provider.strong_acr or strong,
    )


class Providers:
    """The table of providers; their secrets are sealed."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        """`sealer` holds the key of the installation."""
        self._database = database
        self._sealer = sealer

    async def add(self, provider: Provider) -> None:
        """Keeps a provider, in place of one of the same name; raises `InvalidRequest`."""
        _check(provider)
        told = usual(provider)
        secret = told.client_secret.encode()
        async with self._database.write.acquire() as connection:
            await connection.execute(
                _QUERIES["add_provider"], told.name, told.kind, told.label, told.issuer,
                told.client_id, self._sealer.seal(secret, _OWNER) if secret else None,
                told.scope, told.acr_values, list(told.strong_acr), told.structure,
                told.local_claim,
            )  # fmt: skip

    async def remove(self, name: str) -> None:
        """Takes a provider away; who entered by it stays until the session ends."""
        async with self._database.write.acquire() as connection:
            gone = await connection.fetchval(_QUERIES["remove_provider"], name)
        if gone is None:
            raise NotFound(f"there is no provider {name!r}; see `cordee provider list`")

    async def all(self) -> Sequence[Provider]:
        """All that are in use, Pro Santé Connect first."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["providers"])
        return tuple(self._provider(row) for row in rows)

    async def named(self, name: str) -> Provider:
        """One of them; raises `NotFound`."""
        for one in await self.all():
            if one.name == name:
                return one
        raise NotFound(f"there is no provider {name!r}")

    async def note_down(self, name: str, now: datetime) -> None:
        """A provider does not answer; the first moment of a break stays."""
        await self._note("note_down", name, now)

    async def note_up(self, name: str, now: datetime) -> None:
        """It answers again."""
        await self._note("note_up", name, now)

    async def _note(self, statement: str, name: str, now: datetime) -> None:
        async with self._database.write.acquire() as connection:
            await connection.execute(_QUERIES[statement], name, now)

    def _provider(self, row: Any) -> Provider:
        told = dict(row)
        sealed = told.pop("client_secret")
        secret = self._sealer.open(sealed, _OWNER).decode() if sealed else ""
        return Provider(**told | {"client_secret": secret, "strong_acr": tuple(told["strong_acr"])})


def is_safe_address(address: str) -> bool:
    """Whether an address is https, or of this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _check(provider: Provider) -> None:
    if provider.kind not in KINDS:
        raise InvalidRequest(f"kind {provider.kind!r}: use one of {', '.join(KINDS)}")
    if not is_safe_address(provider.issuer) or urlsplit(provider.issuer).query:
        raise InvalidRequest(f"issuer {provider.issuer!r}: give an https address")
    if not provider.client_id or not provider.label:
        raise InvalidRequest("a client_id and a label are needed")
    if (provider.kind == HOSPITAL) != provider.structure.startswith("Organization/"):
        raise InvalidRequest("--structure Organization/ID: for a hospital's provider, and only it")
    if "openid" not in (provider.scope or "openid").split():
        raise InvalidRequest("--scope: it needs openid")
