"""The web application bound to its ports."""

from __future__ import annotations

from cordee.access.circles.reading import Circles
from cordee.access.figures.documents import DocumentFigures
from cordee.access.figures.usage import UsageFigures
from cordee.access.mandates.arriving import Arriving
from cordee.access.records import Records
from cordee.access.trust import make_trust
from cordee.app.accounts import DemoAccounts, LocalAccounts
from cordee.app.agendas import agenda_desk, agenda_feeds
from cordee.app.asgi import Application
from cordee.app.campaigns import campaigns
from cordee.app.carts import carts
from cordee.app.circles import circle_desk
from cordee.app.communities import crises, dossiers, offers, prevention, trainings, vaccination
from cordee.app.dac import (
    activity,
    assessments,
    caseload,
    communities,
    concertations,
    following,
    register,
    resources,
)
from cordee.app.discharges import discharge_desk
from cordee.app.documents import document_desk
from cordee.app.emergency import emergency_rooms
from cordee.app.families import families
from cordee.app.federation import federated
from cordee.app.federation_demo import AllAccounts
from cordee.app.gates import read_only
from cordee.app.groups import groups
from cordee.app.homes import exchanges, home_desk
from cordee.app.hub import hub_desk
from cordee.app.identities import identity_desk
from cordee.app.messages import message_desk
from cordee.app.notifications import make_desk
from cordee.app.overflow import overflow_desk
from cordee.app.passages import passages, reconciliations
from cordee.app.plans import KernelHistories, effecting, plans, rounds
from cordee.app.records import GuardedRecords
from cordee.app.regulation import professional_calls, regulation
from cordee.app.requests import agenda, requests
from cordee.app.roads import roads
from cordee.app.sas import sas_desk
from cordee.app.slots import slots
from cordee.app.store import KernelStore
from cordee.app.training import training
from cordee.app.unscheduled import unscheduled
from cordee.app.visits import photos
from cordee.app.wiring import Parts
from cordee.care.homes.active import Counter
from cordee.care.homes.events import Events
from cordee.care.homes.outbreaks import Outbreaks
from cordee.care.liaison.notes import Notes
from cordee.care.market.service import places
from cordee.care.overflow.pooling import Rosters
from cordee.care.overflow.register import Conventions
from cordee.care.passages.daily import Summaries
from cordee.care.passages.residents import Residents
from cordee.care.simulation.desk import Simulations
from cordee.care.slots.fragile import FragilePersons
from cordee.governance.desk import make_governance
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.accounts.securing import Securing
from cordee.identity.accounts.switching import Switching
from cordee.identity.passkeys.keeping import Passkeys
from cordee.population.boards import Boards
from cordee.population.quality.tickets import Tickets
from cordee.population.readings import Readings
from cordee.population.snapshots import SITING, Snapshots
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
    shared_agenda = agenda_desk(parts)
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
        emergency=emergency_rooms(parts.database, parts.kernel, parts.guard),
        agenda=agenda(parts.database, parts.kernel, parts.guard),
        shared_agenda=shared_agenda,
        agenda_feeds=agenda_feeds(parts, shared_agenda),
        residents=Residents(parts.database, KernelStore(parts.kernel, parts.guard)),
        requests=requests(parts.database, parts.kernel, parts.guard),
        summaries=Summaries(KernelStore(parts.kernel, parts.guard)),
        figures=DocumentFigures(parts.database),
        usage=UsageFigures(parts.database),
        notifications=make_desk(parts),
        circle=circle_desk(parts),
        messages=message_desk(parts),
        discharges=discharge_desk(parts.database, parts.kernel, parts.guard),
        notes=Notes(parts.database, KernelStore(parts.kernel, parts.guard)),
        resources=resources(parts.database, parts.kernel, parts.guard),
        communities=communities(parts.database, parts.kernel, parts.guard),
        following=following(parts.database, parts.kernel, parts.guard),
        register=register(parts.database, parts.kernel, parts.guard),
        concertations=concertations(parts.database, parts.kernel, parts.guard),
        activity=activity(parts.database, parts.kernel, parts.guard),
        caseload=caseload(parts.database, parts.kernel, parts.guard),
        assessments=assessments(parts.database, parts.kernel, parts.guard, settings),
        plans=plans(parts.database, parts.kernel, parts.guard),
        rounds=rounds(parts.database, parts.kernel, parts.guard),
        histories=KernelHistories(parts.kernel, parts.guard),
        active=Counter(KernelStore(parts.kernel, parts.guard)),
        resident_events=Events(parts.database, KernelStore(parts.kernel, parts.guard)),
        outbreaks=Outbreaks(parts.database),
        homes=home_desk(parts.database, parts.kernel, parts.guard),
        exchanges=exchanges(parts),
        groups=groups(parts.database, parts.kernel, parts.guard),
        reconciliations=reconciliations(parts.database, parts.kernel, parts.guard),
        effecting=effecting(parts.database, parts.kernel, parts.guard),
        slots=slots(parts),
        fragile=FragilePersons(KernelStore(parts.kernel, parts.guard)),
        crises=crises(parts),
        photos=photos(parts),
        overflow=overflow_desk(parts),
        conventions=Conventions(parts.database, roads(parts)),
        rosters=Rosters(parts.database),
        simulations=Simulations(parts.database),
        population=parts.population,
        snapshots=Snapshots(parts.database),
        proposals=Snapshots(parts.database, SITING),
        boards=Boards(parts.database),
        tickets=Tickets(parts.database),
        readings=Readings(parts.database),
        offers=offers(parts),
        trainings=trainings(parts),
        dossiers=dossiers(parts),
        prevention=prevention(parts),
        vaccination=vaccination(parts),
        campaigns=campaigns(parts),
        families=families(parts.database, parts.kernel, parts.guard),
        carts=carts(parts.database, parts.kernel, parts.guard),
        hub=hub_desk(parts),
        sas=sas_desk(parts),
        regulation=regulation(parts),
        professional_calls=professional_calls(parts),
        training=training(parts),
        market=places(parts.database),
        unscheduled=unscheduled(parts),
    )
    web = WebSettings(
        key=secret(settings.keys, "session.key"),
        is_demo=settings.demo,
        has_secure_cookies=settings.is_secure,
        rates=settings.rates,
        is_read_only=read_only(settings),
    )
    return create_web(ports, web)
