"""What the engine needs from the floors above: who owns a subscription, how a mail leaves."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cordee.fhir.store.scope import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Owner:
    """As whom a subscription was made. `told` is what the floor above needs to know them again.

    `own` are the references that mean them: a person, their structure.
    """

    login: str
    client: str
    told: Mapping[str, Any]
    is_system: bool
    own: frozenset[str] = frozenset()


class OwnerGone(Exception):
    """The account, the application or what was allowed to it has ended."""


class Owners(Protocol):
    """The guard, as the engine sees it."""

    async def scope(self, told: Mapping[str, Any]) -> Scope:
        """What the owner may see now; raises `OwnerGone`."""
        ...


class Mailer(Protocol):
    """The way out of electronic mail."""

    async def send(self, to: str, subject: str, text: str, number: str) -> None:
        """Sends one message, the same under its number.

        Raises `Unavailable` or `TimedOut`, and `RuleBroken` when it is refused.
        """
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """What this installation lets subscriptions do.

    `plain` where addresses without TLS are called (demonstration); those of loopback may be so
    everywhere. `networks` are those inside of which endpoints may be called. `secure_domains` are
    those of mail addresses that may be sent content.
    """

    plain: bool = False
    networks: tuple[Network, ...] = ()
    mailer: Mailer | None = None
    secure_domains: frozenset[str] = field(default_factory=frozenset)
