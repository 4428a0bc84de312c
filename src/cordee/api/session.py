"""One authenticated request: the kernel, what the caller may see, what they asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cordee.api.http import Answer, Request
from cordee.care.notifications.desk import NotificationDesk
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.scope import Scope
from cordee.fhir.subscriptions.engine import Subscriptions
from cordee.identity.principal import Principal


@dataclass(frozen=True, slots=True)
class Session:
    """What a handler gets."""

    kernel: Kernel
    scope: Scope
    request: Request
    route: Callable[[Session], Callable[[Session], Awaitable[Answer]]]
    principal: Principal
    subscriptions: Subscriptions | None = None
    notifications: NotificationDesk | None = None
    views: Any = None
    """Runs views: `api.viewing.Views`."""
    measures: Any = None
    """Published figures: `api.measuring.Measures`."""
