"""Who may open the pages of campaigns, and what their addresses and forms tell."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from starlette.requests import Request

from cordee.care.campaigns.campaign import Campaign
from cordee.care.campaigns.desk import CampaignDesk
from cordee.identity.principal import STEERING, Principal
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.runtime.french import number as grouped
from cordee.web.guarding import signed_in
from cordee.web.requests.entrance import asker

PATH: Final = "/campagnes"
GROUPS: Final = "/groupes-a-risque"
_CENTS: Final = 100


def desk_of(request: Request) -> CampaignDesk:
    """Give the campaigns; raises `NotFound` where there are none."""
    desk: CampaignDesk | None = request.app.state.ports.campaigns
    if desk is None:
        raise NotFound("there are no campaigns here")
    return desk


def is_steering(principal: Principal) -> bool:
    """Whether somebody makes campaigns."""
    return STEERING in principal.functions


def steering(request: Request) -> Principal:
    """Give who steers; raises `AccessDenied` for others."""
    principal = signed_in(request).principal
    if not is_steering(principal):
        raise AccessDenied("this is for who steers the region")
    return principal


def either(request: Request) -> Principal:
    """Give who steers or who cares; raises `AccessDenied` for others."""
    principal = signed_in(request).principal
    return principal if is_steering(principal) else asker(request).principal


async def campaign_of(request: Request) -> Campaign:
    """Give the campaign of the address.

    Who cares sees those that were launched, who steers all; raises `NotFound`.
    """
    principal = either(request)
    found = await desk_of(request).register.one(request.path_params["number"])
    if not is_steering(principal) and found.state not in {"launched", "running", "capitalised"}:
        raise NotFound("there is no such campaign")
    return found


def cents(text: str) -> int | None:
    """An amount of euros as a form tells it, in cents; None for none."""
    plain = text.replace(" ", "").replace("\u202f", "").replace("\u00a0", "").replace(",", ".")
    try:
        amount = Decimal(plain.removesuffix("€")) * _CENTS
    except InvalidOperation:
        return None
    return int(amount) if amount.is_finite() and amount == amount.to_integral_value() else None


def euros(amount: int | None) -> str:
    """An amount of cents as it is read."""
    if amount is None:
        return ""
    whole, rest = divmod(amount, _CENTS)
    return f"{grouped(whole)}{f',{rest:02}' if rest else ''}\u00a0€"


def typed_euros(amount: int | None) -> str:
    """An amount of cents as a field holds it."""
    if amount is None:
        return ""
    whole, rest = divmod(amount, _CENTS)
    return f"{whole},{rest:02}" if rest else str(whole)
