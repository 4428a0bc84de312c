"""Who may open the pages of plans, and what their addresses name."""

from __future__ import annotations

from starlette.requests import Request

from cordee.care.plans.desk import Plans
from cordee.care.plans.effecting import Effecting
from cordee.care.plans.plan import Plan
from cordee.care.plans.versions import Histories
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.guarding import reader, signed_in
from cordee.web.ports import Account
from cordee.web.requests.entrance import number_of


def plans_of(request: Request) -> Plans:
    """The service of plans; raises `NotFound` where there is none."""
    desk: Plans | None = request.app.state.ports.plans
    if desk is None:
        raise NotFound("there are no plans here")
    return desk


def histories_of(request: Request) -> Histories:
    """Former versions; raises `NotFound` where there are none."""
    found: Histories | None = request.app.state.ports.histories
    if found is None:
        raise NotFound("there are no plans here")
    return found


def effecting_of(request: Request) -> Effecting:
    """The actions of effectors; raises `NotFound` where there are none."""
    desk: Effecting | None = request.app.state.ports.effecting
    if desk is None:
        raise NotFound("there are no plans here")
    return desk


def effector(request: Request) -> Account:
    """The account of a professional who may hold actions, whether or not they open records."""
    account = signed_in(request)
    principal = account.principal
    if account.is_patient or not (principal.structure or principal.practitioner):
        raise AccessDenied("only professionals hold actions")
    return account


async def plan_of(request: Request) -> Plan:
    """The plan that the address names; raises `NotFound` for what is none of that person."""
    principal = reader(request).principal
    patient = request.path_params["patient_id"]
    return await plans_of(request).one(principal, patient, number_of(request))
