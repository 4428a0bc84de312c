"""The web application bound to its ports."""

from __future__ import annotations

from cordee.access.records import Records
from cordee.app.accounts import DemoAccounts
from cordee.app.asgi import Application
from cordee.app.records import GuardedRecords
from cordee.app.wiring import Parts
from cordee.runtime.keys import secret
from cordee.web.application import create_web
from cordee.web.ports import WebPorts, WebSettings


def make_screen(parts: Parts) -> Application:
    """The web application of this process."""
    settings = parts.settings
    records = Records(
        parts.database, parts.guard, parts.kernel.keys, parts.kernel.registry, parts.listener
    )
    ports = WebPorts(
        accounts=DemoAccounts(parts.database, is_demo=settings.demo),
        records=GuardedRecords(records),
        applications=parts.smart,
    )
    web = WebSettings(
        key=secret(settings.keys, "session.key"),
        is_demo=settings.demo,
        has_secure_cookies=settings.base_url.startswith("https://"),
    )
    return create_web(ports, web)
