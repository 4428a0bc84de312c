"""The web application bound to its ports."""

from __future__ import annotations

from cordee.access.circles.reading import Circles
from cordee.access.figures.documents import DocumentFigures
from cordee.access.mandates.arriving import Arriving
from cordee.access.records import Records
from cordee.access.trust import make_trust
from cordee.app.accounts import DemoAccounts, LocalAccounts
from cordee.app.asgi import Application
from cordee.app.circles import circle_desk
from cordee.app.documents import document_desk
from cordee.app.federation import federated
from cordee.app.federation_demo import AllAccounts
from cordee.app.gates import read_only
from cordee.app.identities import identity_desk
from cordee.app.messages import message_desk
from cordee.app.notifications import make_desk
from cordee.app.passages import passages
from cordee.app.records import GuardedRecords
from cordee.app.requests import agenda, requests
from cordee.app.store import KernelStore
from cordee.app.wiring import Parts
from cordee.care.liaison.notes import Notes
from cordee.care.passages.daily import Summaries
from cordee.governance.desk import make_governance
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.accounts.securing import Securing
from cordee.identity.accounts.switching import Switching
from cordee.identity.passkeys.keeping import Passkeys
from cordee.runtime.keys import secret
from cordee.web.application import create_web
from cordee.web.ports import WebPorts, WebSettings


def make_screen(parts: Parts) -> Application:
    """The web application of this process."""
    settings = parts.settings
    records = Records(
        parts.database, parts.guard, parts.kernel.keys, parts.kernel.registry, parts.listener
    )
    entrance = Entrance(parts.database, Sealer(settings.keys))
    federation = federated(parts, entrance)
    keys = Passkeys(parts.database, entrance, parts.kernel.base.removesuffix("/fhir"))
    local = LocalAccounts(entrance)
    demo = DemoAccounts(parts.database, is_demo=settings.demo)
    accounts = AllAccounts(demo, local) if settings.demo else local
    trust = make_trust(parts.database, parts.kernel, parts.guard)
    ports = WebPorts(
        accounts=accounts,
        records=GuardedRecords(records, accounts),
        entrance=entrance,
        securing=Securing(parts.database, entrance),
        applications=parts.smart,
        federation=federation.federation,
        trust=trust,
        governance=make_governance(parts.database, parts.kernel.keys, settings),
        arriving=Arriving(parts.database, parts.kernel, trust.naming, entrance),
        circles=Circles(parts.database, parts.guard),
        leaving=federation.leaving,
        provisioning=parts.database,
        switching=Switching(parts.database, entrance),
        passkeys=keys if keys.is_possible else None,
        identities=identity_desk(parts),
        documents=document_desk(parts),
        passages=passages(parts.database, parts.kernel, parts.guard),
        agenda=agenda(parts.database, parts.kernel, parts.guard),
        requests=requests(parts.database, parts.kernel, parts.guard),
        summaries=Summaries(KernelStore(parts.kernel, parts.guard)),
        figures=DocumentFigures(parts.database),
        notifications=make_desk(parts),
        circle=circle_desk(parts),
        messages=message_desk(parts),
        notes=Notes(KernelStore(parts.kernel, parts.guard)),
    )
    web = WebSettings(
        key=secret(settings.keys, "session.key"),
        is_demo=settings.demo,
        has_secure_cookies=settings.is_secure,
        rates=settings.rates,
        is_read_only=read_only(settings),
    )
    return create_web(ports, web)
