"""The web application bound to its ports."""

from __future__ import annotations

from cordee.access.records import Records
from cordee.app.accounts import DemoAccounts, LocalAccounts
from cordee.app.asgi import Application
from cordee.app.identities import identity_desk
from cordee.app.records import GuardedRecords
from cordee.app.wiring import Parts
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.accounts.securing import Securing
from cordee.runtime.keys import secret
from cordee.web.application import create_web
from cordee.web.ports import WebPorts, WebSettings


def make_screen(parts: Parts) -> Application:
    """The web application of this process."""
    settings = parts.settings
    records = Records(
        parts.database, parts.guard, parts.kernel.keys, parts.kernel.registry, parts.listener
    )
    if settings.demo:
        demo = DemoAccounts(parts.database, is_demo=True)
        ports = WebPorts(
            accounts=demo,
            records=GuardedRecords(records, demo),
            applications=parts.smart,
            identities=identity_desk(parts),
        )
    else:
        entrance = Entrance(parts.database, Sealer(settings.keys))
        local = LocalAccounts(entrance)
        ports = WebPorts(
            accounts=local,
            records=GuardedRecords(records, local),
            entrance=entrance,
            securing=Securing(parts.database, entrance),
            applications=parts.smart,
            identities=identity_desk(parts),
        )
    web = WebSettings(
        key=secret(settings.keys, "session.key"),
        is_demo=settings.demo,
        has_secure_cookies=settings.base_url.startswith("https://"),
    )
    return create_web(ports, web)
