"""What the screen needs from outside: accounts, records, a clock; bound in `app/wiring.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cordee.access.circles.reading import Circles
from cordee.access.figures.documents import DocumentFigures
from cordee.access.figures.usage import UsageFigures
from cordee.access.mandates.arriving import Arriving
from cordee.access.trust import Trust
from cordee.care.activity.report import Activity
from cordee.care.agenda.desk import AgendaDesk
from cordee.care.agenda.feeds import Feeds
from cordee.care.assessments.desk import Assessments
from cordee.care.attractivity.offers import Offers
from cordee.care.attractivity.trainings import Trainings
from cordee.care.campaigns.desk import CampaignDesk
from cordee.care.carts.sessions import Carts
from cordee.care.caseload.desk import Caseload
from cordee.care.circle.desk import CircleDesk
from cordee.care.concertations.desk import Concertations
from cordee.care.cpts.dossier import Dossiers
from cordee.care.cpts.following import Following
from cordee.care.cpts.register import Register
from cordee.care.cpts.territory import Communities
from cordee.care.crisis.cells import Crises
from cordee.care.discharges.desk import DischargeDesk
from cordee.care.documents.desk import DocumentDesk
from cordee.care.emergency.rooms import EmergencyRooms
from cordee.care.families.news import Families
from cordee.care.homes.active import Counter
from cordee.care.homes.desk import HomeDesk
from cordee.care.homes.events import Events
from cordee.care.homes.groups import Groups
from cordee.care.homes.imports import Exchanges
from cordee.care.homes.outbreaks import Outbreaks
from cordee.care.homes.reconciling import Reconciliations
from cordee.care.liaison.notes import Notes
from cordee.care.market.service import Places
from cordee.care.messaging.desk import MessageDesk
from cordee.care.notifications.desk import NotificationDesk
from cordee.care.overflow.desk import OverflowDesk
from cordee.care.overflow.pooling import Rosters
from cordee.care.overflow.register import Conventions
from cordee.care.passages.daily import Summaries
from cordee.care.passages.desk import Passages
from cordee.care.passages.residents import Residents
from cordee.care.plans.desk import Plans
from cordee.care.plans.effecting import Effecting
from cordee.care.plans.rounds import Rounds
from cordee.care.plans.versions import Histories
from cordee.care.prevention.actions import Actions
from cordee.care.prevention.days import VaccinationDays
from cordee.care.record.ports import RecordReader
from cordee.care.regulation.professional import ProfessionalCalls
from cordee.care.regulation.service import Regulation
from cordee.care.requests.desk import Requests
from cordee.care.resources.desk import Resources
from cordee.care.simulation.desk import Simulations
from cordee.care.slots.desk import Slots
from cordee.care.slots.fragile import FragilePersons
from cordee.care.training.results import Results
from cordee.care.unscheduled.service import Unscheduled
from cordee.care.visits.photos import Photos
from cordee.care.workflow.agenda import Agenda
from cordee.governance.desk import Governance
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.securing import Securing
from cordee.identity.accounts.sessions import Visitor
from cordee.identity.accounts.switching import Switching
from cordee.identity.federation.leaving import Leaving
from cordee.identity.federation.relying import Federation
from cordee.identity.passkeys.keeping import Passkeys
from cordee.identity.patients.desk import Desk
from cordee.identity.smart.server import AuthorizationServer
from cordee.population.boards import Boards
from cordee.population.quality.tickets import Tickets
from cordee.population.readings import Readings
from cordee.population.snapshots import Snapshots
from cordee.runtime.database import Database
from cordee.runtime.french import PARIS
from cordee.runtime.limiting import Rates
from cordee.web.hub.port import HubDesk
from cordee.web.population.port import Population
from cordee.web.sas.port import SasDesk


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can enter. `principal` is opaque here and is handed to `RecordReader`."""

    user: str
    name: str  # "Dr Anne Le Goff"
    role: str  # "médecin traitant"
    structure: str  # "MSP des Quatre-Vents, B"
    persona: str = ""  # "P1"
    about: str = ""
    group: str = ""  # heading of the sign-in page: "En ville et en EHPAD"
    sees_records: bool = True  # roles without clinical data get no patient search
    principal: Any = None
    is_patient: bool = False  # reads who saw their own record
    step: str = ""  # what is asked before anything opens: "code", "renew", "situation", "locked"
    visitor: Visitor | None = None  # who has a local account, with its password and sessions


class Accounts(Protocol):
    """Who may enter, and whether a session still stands."""

    def demo_accounts(self) -> Sequence[Account]:
        """Give the accounts of the demonstration, in the order of the page; empty in production."""
        ...

    async def sign_in(self, user: str) -> Account | None:
        """Give the account of a button of the demonstration; None when there is none."""
        ...

    async def resume(self, user: str, session: str, *, is_act: bool = True) -> Account | None:
        """Give the account behind a session; None when it was closed or may not enter.

        `is_act` is False for what a page asks by itself: it does not put off the lock.
        """
        ...

    async def known(self, users: Collection[str]) -> Mapping[str, Account]:
        """Give the accounts of user names, whether or not they may enter now."""
        ...

    async def sign_out(self, user: str, session: str) -> None:
        """Close a session everywhere."""
        ...


@dataclass(frozen=True, slots=True)
class WebPorts:
    """The adapters of the screen."""

    accounts: Accounts
    records: RecordReader
    entrance: Entrance | None = None  # None in the demonstration: nobody has a password
    securing: Securing | None = None
    applications: AuthorizationServer | None = None
    federation: Federation | None = None
    leaving: Leaving | None = None
    provisioning: Database | None = None
    switching: Switching | None = None
    passkeys: Passkeys | None = None  # None where browsers allow no keys
    identities: Desk | None = None
    documents: DocumentDesk | None = None
    passages: Passages | None = None
    emergency: EmergencyRooms | None = None
    summaries: Summaries | None = None
    residents: Residents | None = None
    requests: Requests | None = None
    agenda: Agenda | None = None
    unscheduled: Unscheduled | None = None
    shared_agenda: AgendaDesk | None = None
    agenda_feeds: Feeds | None = None
    figures: DocumentFigures | None = None
    usage: UsageFigures | None = None
    trust: Trust | None = None
    circles: Circles | None = None
    governance: Governance | None = None
    arriving: Arriving | None = None
    notifications: NotificationDesk | None = None
    circle: CircleDesk | None = None
    messages: MessageDesk | None = None
    notes: Notes | None = None
    assessments: Assessments | None = None
    resources: Resources | None = None
    caseload: Caseload | None = None
    activity: Activity | None = None
    concertations: Concertations | None = None
    discharges: DischargeDesk | None = None
    plans: Plans | None = None
    effecting: Effecting | None = None
    histories: Histories | None = None
    rounds: Rounds | None = None
    register: Register | None = None
    following: Following | None = None
    reconciliations: Reconciliations | None = None
    outbreaks: Outbreaks | None = None
    active: Counter | None = None
    resident_events: Events | None = None
    homes: HomeDesk | None = None
    exchanges: Exchanges | None = None
    groups: Groups | None = None
    communities: Communities | None = None
    slots: Slots | None = None
    fragile: FragilePersons | None = None
    crises: Crises | None = None
    photos: Photos | None = None
    overflow: OverflowDesk | None = None
    conventions: Conventions | None = None
    rosters: Rosters | None = None
    simulations: Simulations | None = None
    population: Population | None = None
    snapshots: Snapshots | None = None
    proposals: Snapshots | None = None
    boards: Boards | None = None
    tickets: Tickets | None = None
    readings: Readings | None = None
    offers: Offers | None = None
    trainings: Trainings | None = None
    dossiers: Dossiers | None = None
    prevention: Actions | None = None
    vaccination: VaccinationDays | None = None
    campaigns: CampaignDesk | None = None
    families: Families | None = None
    carts: Carts | None = None
    hub: HubDesk | None = None
    sas: SasDesk | None = None
    regulation: Regulation | None = None
    professional_calls: ProfessionalCalls | None = None
    market: Places | None = None
    training: Results | None = None


def _now() -> datetime:
    return datetime.now(PARIS)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What decides how the screen behaves. `key` signs sessions and forms: 32 bytes or more."""

    key: bytes
    is_demo: bool = False
    has_secure_cookies: bool = False  # True behind HTTPS
    session_hours: int = 12
    rates: Rates = field(default_factory=Rates)
    is_read_only: Callable[[], bool] = bool  # False, always
    clock: Callable[[], datetime] = field(default=_now)
