"""The engine of subscriptions on the parts of a process: the guard as it asks, its settings."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import structlog

from cordee.access.guard import Guard
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.listening import Listener
from cordee.fhir.store.scope import Scope
from cordee.fhir.subscriptions.engine import Subscriptions, make_subscriptions
from cordee.fhir.subscriptions.ports import Mailer, OwnerGone, Policy
from cordee.fhir.subscriptions.waking import Wakes
from cordee.gateways.mail import Letter, SmtpMailer, read_server
from cordee.identity.principal import Principal
from cordee.runtime.database import AWAY, Database, is_outage
from cordee.runtime.settings import LOOPBACK, Settings

# As a token is looked up (identity/smart, `grant`) and a session (identity/accounts): account,
# application and grant stand, the session too unless access was allowed beyond it; the person still
# works in the structure, or acts for who does. $1 login, $2 application, $3 whether it is a system,
# $4 structure, $5 for whom.
_STANDS: Final = """
SELECT NOT EXISTS (SELECT FROM account a WHERE a.login IN ($1, $5)
    AND (a.status <> 'active' OR a.ends <= now()))
  AND ($2 = '' OR EXISTS (SELECT FROM smart_client c WHERE c.id = $2
    AND c.removed IS NULL AND c.approved IS NOT NULL))
  AND ($2 = '' OR $3 OR EXISTS (SELECT FROM smart_grant g WHERE g.client = $2 AND g.account = $1
    AND g.withdrawn IS NULL AND (g.scopes ~ '(^| )offline_access( |$)'
      OR NOT EXISTS (SELECT FROM session s WHERE s.id = sha256(convert_to(g.session, 'UTF8'))
          AND (s.closed IS NOT NULL OR s.ends <= now()))
        AND NOT EXISTS (SELECT FROM closed_session d WHERE d.id = g.session))))
  AND ($3 OR $4 = '' OR NOT EXISTS (SELECT FROM account a WHERE a.login = $1)
    OR EXISTS (SELECT FROM situation t JOIN account a ON a.id = t.account
      WHERE a.login = CASE WHEN $5 = '' THEN $1 ELSE $5 END AND t.structure = $4
        AND (t.ends IS NULL OR t.ends > now())))
  AND ($3 OR NOT EXISTS (SELECT FROM agent g JOIN account a ON a.id = g.account
    WHERE a.login = $1 AND g.structure = $4
      AND (g.status IN ('suspended', 'left') OR g.expires <= now())))
  AND ($5 = '' OR EXISTS (SELECT FROM delegation d JOIN account a ON a.id = d.delegate
    JOIN situation t ON t.id = d.situation WHERE a.login = $1 AND t.structure = $4
      AND d.starts <= now() AND (d.ends IS NULL OR d.ends > now())))
"""
_NAMES: Final = frozenset(one.name for one in fields(Principal))
_TIDY_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class LetterMailer:
    """See `fhir.subscriptions.ports.Mailer`."""

    inner: SmtpMailer

    async def send(self, to: str, subject: str, text: str, number: str) -> None:
        """Hands one letter to the mail server."""
        await self.inner.send(Letter(to, subject, text, number))


@dataclass(frozen=True, slots=True)
class GuardedOwners:
    """See `fhir.subscriptions.ports.Owners`."""

    guard: Guard
    database: Database

    async def scope(self, told: Mapping[str, Any]) -> Scope:
        """What the owner may see now; `OwnerGone` when account, application or grant has ended."""
        principal = principal_of(told)
        async with self.database.write.acquire() as connection:
            values = (
                principal.user, principal.client, principal.is_system, principal.structure,
                principal.delegated_by,
            )  # fmt: skip
            if not await connection.fetchval(_STANDS, *values):
                raise OwnerGone
        return await self.guard.scope(principal)


def principal_of(told: Mapping[str, Any]) -> Principal:
    """As whom a subscription was made."""
    known = {name: value for name, value in told.items() if name in _NAMES}
    known["scopes"] = tuple(known["scopes"])
    known["functions"] = frozenset(known.get("functions", ()))
    return Principal(**known)


def policy_of(settings: Settings, mailer: Mailer | None = None) -> Policy:
    """What this installation lets subscriptions do."""
    told = settings.subscribers
    networks = (*told.networks, *(LOOPBACK if settings.demo else ()))
    return Policy(
        plain=settings.demo,
        networks=tuple(ipaddress.ip_network(one, strict=False) for one in networks),
        mailer=mailer,
        secure_domains=frozenset(told.secure_domains),
    )


def engine(
    settings: Settings, kernel: Kernel, guard: Guard, listener: Listener, wakes: Wakes
) -> Subscriptions:
    """The engine of a process; nothing runs yet."""
    owners = GuardedOwners(guard, kernel.database)
    server = read_server(settings.mail.url, settings.mail.sender)
    mailer = LetterMailer(SmtpMailer(server)) if server else None
    return make_subscriptions(kernel, policy_of(settings, mailer), owners, wakes, listener=listener)


async def keep_tidy(subscriptions: Subscriptions) -> None:
    """Forgets tokens that have ended now and then; runs in the leading process until cancelled."""
    while True:
        try:
            await subscriptions.tidy()
        except AWAY as error:
            if not is_outage(error):
                structlog.get_logger().exception("subscriptions_not_tidied")
        await asyncio.sleep(_TIDY_SECONDS)
