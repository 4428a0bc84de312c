"""The web application: pages, static files, errors, security."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Mount

from cordee.runtime.errors import ProductError
from cordee.web.accessibility.routes import routes as accessibility_routes
from cordee.web.agenda.routes import routes as agenda_routes
from cordee.web.assessments.routes import routes as assessment_routes
from cordee.web.assets import StaticFolder
from cordee.web.attractivity.offers import routes as offer_routes
from cordee.web.attractivity.trainings import routes as training_routes
from cordee.web.campaigns.routes import routes as campaign_routes
from cordee.web.carts.routes import routes as cart_routes
from cordee.web.choices.routes import routes as choice_routes
from cordee.web.circle.routes import routes as circle_routes
from cordee.web.concertations.routes import routes as concertation_routes
from cordee.web.consent.routes import routes as consent_routes
from cordee.web.continuity.routes import routes as continuity_routes
from cordee.web.cpts.routes import routes as cpts_routes
from cordee.web.crisis.routes import routes as crisis_routes
from cordee.web.dac.routes import routes as dac_routes
from cordee.web.degraded import Degraded
from cordee.web.discharges.routes import routes as discharge_routes
from cordee.web.documents.routes import routes as document_routes
from cordee.web.emergency.routes import routes as emergency_routes
from cordee.web.entry.confirming import routes as confirming_routes
from cordee.web.entry.federation import routes as federation_routes
from cordee.web.entry.passkeys import routes as passkey_routes
from cordee.web.entry.routes import routes as entry_routes
from cordee.web.entry.security import routes as security_routes
from cordee.web.entry.steps import routes as step_routes
from cordee.web.errors import bug, http_error, product_error
from cordee.web.families.routes import routes as family_routes
from cordee.web.following.routes import routes as following_routes
from cordee.web.gallery.routes import routes as gallery_routes
from cordee.web.glass.routes import routes as glass_routes
from cordee.web.guarding import Doorkeeper
from cordee.web.guide.routes import routes as guide_routes
from cordee.web.headers import SecurityHeaders
from cordee.web.home.routes import routes as home_routes
from cordee.web.homes.active import routes as active_routes
from cordee.web.homes.events import routes as resident_event_routes
from cordee.web.homes.outbreaks import routes as outbreak_routes
from cordee.web.homes.reconciling import routes as reconciliation_routes
from cordee.web.homes.routes import routes as resident_file_routes
from cordee.web.hospiconnect.routes import routes as console_routes
from cordee.web.hub.routes import routes as hub_routes
from cordee.web.identity.routes import routes as identity_routes
from cordee.web.inbox.bell import Bell
from cordee.web.inbox.routes import routes as inbox_routes
from cordee.web.latency.routes import routes as latency_routes
from cordee.web.liaison.routes import routes as liaison_routes
from cordee.web.limiting import Turns
from cordee.web.market.centre import routes as appeal_routes
from cordee.web.market.volunteer import routes as volunteer_routes
from cordee.web.matrix.routes import routes as matrix_routes
from cordee.web.messages.routes import routes as message_routes
from cordee.web.notices.reading import routes as notice_routes
from cordee.web.offline.routes import routes as offline_routes
from cordee.web.openings.routes import routes as opening_routes
from cordee.web.overflow.routes import routes as overflow_routes
from cordee.web.passages.routes import routes as passage_routes
from cordee.web.plans.routes import routes as plan_routes
from cordee.web.population.routes import routes as population_routes
from cordee.web.ports import WebPorts, WebSettings
from cordee.web.prevention.routes import routes as prevention_routes
from cordee.web.protection.alerts import routes as alert_routes
from cordee.web.protection.incidents import routes as incident_routes
from cordee.web.protection.register import routes as register_routes
from cordee.web.protection.requests import routes as request_routes
from cordee.web.protection.retention import routes as retention_routes
from cordee.web.protection.routes import routes as protection_routes
from cordee.web.protection.sheets import routes as sheet_routes
from cordee.web.protocols.routes import routes as protocol_routes
from cordee.web.record.routes import routes as record_routes
from cordee.web.regulation.routes import routes as floor_routes
from cordee.web.relatives.routes import routes as relative_routes
from cordee.web.rendering import STATIC, environment
from cordee.web.requests.routes import routes as request_work_routes
from cordee.web.residents.routes import routes as resident_routes
from cordee.web.resources.routes import routes as resource_routes
from cordee.web.rights.routes import routes as rights_routes
from cordee.web.sas.routes import routes as sas_routes
from cordee.web.seen.routes import routes as seen_routes
from cordee.web.slots.fragile import routes as fragile_routes
from cordee.web.slots.routes import routes as slot_routes
from cordee.web.training.routes import routes as night_routes
from cordee.web.usage.routes import routes as usage_routes
from cordee.web.visits.routes import routes as visit_routes
from cordee.web.why.routes import routes as why_routes

SHORTEST_KEY = 32

_AHEAD = ("regulation/templates/floor.html", "regulation/templates/case.html")
"""Compiled before the first request: a first call that is taken waits for no template."""


def create_web(ports: WebPorts, settings: WebSettings) -> Starlette:
    """Give the application to mount at `/`, after `/fhir`, `/oauth`, `/health` and `/metrics`.

    Raises `ValueError` when the signing key is shorter than 32 bytes.
    """
    if len(settings.key) < SHORTEST_KEY:
        raise ValueError("the session key is too short: give 32 bytes or more")
    application = Starlette(
        routes=[*page_routes(), Mount("/static", StaticFolder(STATIC), name="static")],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
            Middleware(Doorkeeper),
            Middleware(Turns, rates=settings.rates),
            Middleware(Degraded, is_read_only=settings.is_read_only),
            Middleware(Bell),
        ],
        exception_handlers={
            ProductError: product_error,
            HTTPException: http_error,
            Exception: bug,
        },
    )
    application.state.ports = ports
    application.state.settings = settings
    application.state.templates = environment()
    for name in _AHEAD:
        environment().get_template(name)
    return application


def page_routes() -> list[BaseRoute]:
    """Give the routes of all pages."""
    entry = [*entry_routes, *federation_routes, *confirming_routes, *passkey_routes]
    entry += [*console_routes, *step_routes, *security_routes, *consent_routes]
    trust = [*glass_routes, *why_routes, *choice_routes, *seen_routes, *notice_routes]
    trust += [*protection_routes, *incident_routes, *retention_routes]
    trust += [*sheet_routes, *register_routes, *alert_routes, *request_routes]
    trust += [*rights_routes, *matrix_routes, *relative_routes]
    record = [*identity_routes, *record_routes, *document_routes]
    shared = [*emergency_routes, *passage_routes, *request_work_routes, *circle_routes]
    shared += [*assessment_routes, *resource_routes, *dac_routes]
    shared += [*concertation_routes, *resident_routes, *agenda_routes, *discharge_routes]
    shared += [*plan_routes, *cpts_routes, *protocol_routes, *slot_routes, *fragile_routes]
    shared += [*reconciliation_routes, *outbreak_routes, *resident_event_routes, *active_routes]
    shared += [*resident_file_routes]
    shared += [*visit_routes, *crisis_routes, *prevention_routes, *offer_routes, *training_routes]
    shared += [*floor_routes, *night_routes, *population_routes, *campaign_routes]
    shared += [*message_routes, *liaison_routes, *family_routes, *cart_routes]
    shared += [*overflow_routes, *opening_routes, *appeal_routes, *volunteer_routes]
    return [
        *home_routes,
        *entry,
        *record,
        *shared,
        *trust,
        *inbox_routes,
        *following_routes,
        *latency_routes,
        *hub_routes,
        *sas_routes,
        *usage_routes,
        *offline_routes,
        *gallery_routes,
        *guide_routes,
        *accessibility_routes,
        *continuity_routes,
    ]
