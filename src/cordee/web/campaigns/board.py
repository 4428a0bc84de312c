"""The campaigns of a region, and one: what it is, the words of territories, its way. G3.1, G3.2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.campaigns.campaign import (
    CAPITALISED,
    CHANNELS,
    CLOSING,
    DROP,
    DROPPED,
    IDEA,
    INSTRUCTED,
    LAUNCHED,
    MOVES,
    RUNNING,
    STATES,
    VALIDATED,
    Campaign,
    Told,
    moves,
)
from cordee.care.campaigns.kits import LICENCES
from cordee.identity.principal import Principal
from cordee.population.alignment import Community, community_of
from cordee.population.boards import Boards
from cordee.runtime import french
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    ProductError,
    ResourceInvalid,
    RuleBroken,
)
from cordee.web.campaigns.entrance import (
    PATH,
    campaign_of,
    cents,
    desk_of,
    either,
    euros,
    is_steering,
    steering,
    typed_euros,
)
from cordee.web.crisis.entrance import version
from cordee.web.forms import Form, day_of, form_number, put_errors, read_form
from cordee.web.language import gettext as _
from cordee.web.rendering import page

BOARD: Final = "campaigns/templates/board.html"
NEW: Final = "campaigns/templates/new.html"
ONE: Final = "campaigns/templates/campaign.html"
WORDS: Final[Mapping[str, str]] = {
    "asked": _("en attente"), "validated": _("valide"), "declined": _("décline"),
    "made": _("Campagne créée"), "drop": _("Abandonnée"), "instruct": _("Soumise aux territoires"),
    "launch": _("Lancée"), "begin": _("Journées commencées"), "close": _("Close"),
    "capitalise": _("Bilan publié"),
}  # fmt: skip
_ORDER: Final = (RUNNING, LAUNCHED, VALIDATED, INSTRUCTED, IDEA, CLOSING, CAPITALISED, DROPPED)
_FIELDS: Final = {
    "title": "titre", "objective": "objectif", "owner": "porteur", "basis": "base",
    "channels": "canaux", "starts": "debut", "ends": "fin", "budget": "budget",
    "territories": "territoires", "kit": "kit",
}  # fmt: skip
_REFUSED: Final = (Conflict, RuleBroken, AccessDenied)


async def index(request: Request) -> Response:
    """Give all campaigns to who steers, those that are launched to who cares."""
    principal, desk = either(request), desk_of(request)
    steers = is_steering(principal)
    found = [one for one in await desk.register.all() if steers or one.is_open]
    groups = [
        (_(label), rows)
        for state, label in sorted(STATES.items(), key=lambda one: _ORDER.index(one[0]))
        if (rows := [row(one) for one in found if one.state == state])
    ]
    drafts = [row(one) for one in found if one.state == "idea" and one.drafted]
    shared = await desk.groups.all()
    return page(request, BOARD, groups=groups, steers=steers, drafts=drafts, shared=len(shared))


async def new(request: Request) -> Response:
    """Give the form of a new campaign, from a kit, or from what territories have aligned on."""
    principal = steering(request)
    kits = await desk_of(request).register.kits()
    kit, typed = kits.get(request.query_params.get("kit", "")), dict[str, str]()
    if number := request.query_params.get("alignement", ""):
        community = await _community(request, principal, number)
        typed = {f"territoire-{one.code}": one.code for one in community.members}
        alike = ((one, one.trigger) for one in kits.values())
        kit = next((one for one, by in alike if by and by.indicator == community.indicator), None)
        typed["titre"] = community.title
    if kit is not None:
        typed = {"kit": kit.code, "titre": kit.title, "objectif": kit.objective} | typed
    basis = _(
        "Mission d’intérêt public (RGPD, art. 6.1.e) ; information par le médecin traitant, "
        "opposition à tout moment."
    )
    return await _form(request, Form({"base": str(basis), "canal-sms": "sms"} | typed))


async def _community(request: Request, principal: Principal, number: str) -> Community:
    """The community of a closed board; raises `NotFound` for none."""
    boards: Boards | None = request.app.state.ports.boards
    if boards is None or not (number.isascii() and number.isdigit()):
        raise NotFound("there is no such board")
    found = community_of(await boards.get(principal, int(number)))
    if found is None:
        raise NotFound("nothing is common on this board, or it is open")
    return found


async def add(request: Request) -> Response:
    """Keep a new campaign as an idea; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, desk = steering(request), desk_of(request)
    now = request.app.state.settings.clock()
    try:
        number = form_number(sent)
        key = await desk.register.add(principal, sent["kit"], _told(sent), number, now)
    except (ResourceInvalid, *_REFUSED) as error:
        return await _form(request, sent, status=put_errors(sent, error, _FIELDS, "kit"))
    return RedirectResponse(f"{PATH}/{key}", status_code=303)


async def show(request: Request) -> Response:
    """Give one campaign."""
    return await _page(request, await campaign_of(request), Form())


async def act(request: Request) -> Response:
    """Move a campaign, say the word of a territory, change an idea, keep its kit."""
    sent = await read_form(request)
    principal, register = steering(request), desk_of(request).register
    campaign = await campaign_of(request)
    now = request.app.state.settings.clock()
    try:
        match sent["geste"]:
            case "avancer":
                await register.move(principal, campaign, sent["vers"], now)
            case "dire":
                word = (sent["territoire"], sent["mot"], sent["motif"])
                await register.say(principal, campaign, word, now)
            case "changer":
                seen = version(sent["vu"])
                await register.change(principal, campaign, _told(sent, campaign), seen)
            case "kit":
                await register.keep_kit(principal, campaign, form_number(sent), now)
            case _:
                raise RuleBroken(_("Ce geste n’existe pas."))
    except (ResourceInvalid, *_REFUSED) as error:
        status = put_errors(sent, error, _FIELDS, _where(error))
        return await _page(request, campaign, sent, status=status)
    return RedirectResponse(f"{PATH}/{campaign.id}", status_code=303)


def row(one: Campaign) -> dict[str, Any]:
    """A campaign as a line of a list."""
    told = one.told
    return {
        "href": f"{PATH}/{one.id}", "title": told.title, "objective": told.objective,
        "owner": told.owner, "dates": dates(told), "state": _(STATES[one.state]),
        "kit": one.kit.title, "territories": ", ".join(one.active), "budget": euros(told.budget),
        "drafted": one.drafted,
    }  # fmt: skip


def dates(told: Told) -> str:
    """The days of a campaign in words."""
    first, last = french.short_date(told.starts), french.short_date(told.ends)
    return first if first == last else _("du %(a)s au %(b)s") % {"a": first, "b": last}


def _where(error: ProductError) -> str:
    return next(iter(error.expression), "etat")


async def _form(request: Request, form: Form, *, status: int = 200) -> Response:
    register = desk_of(request).register
    kits = await register.kits()
    return page(
        request, NEW, status=status, form=form, key=form["numero"] or str(uuid4()),
        kits=sorted(kits.values(), key=lambda one: one.title), licences=LICENCES,
        channels=CHANNELS, territories=register.territories,
    )  # fmt: skip


async def _page(request: Request, campaign: Campaign, form: Form, *, status: int = 200) -> Response:
    principal, desk = either(request), desk_of(request)
    steers = is_steering(principal)
    known = desk.register.territories
    steps = await desk.register.steps(campaign) if steers else []
    days = await request.app.state.ports.vaccination.of_campaign(
        campaign.id, request.app.state.settings.clock(), 50
    )
    typed = form if form["geste"] == "changer" else _typed(campaign)
    return page(
        request, ONE, status=status, form=form, typed=typed, campaign=campaign, row=row(campaign),
        steers=steers, key=str(uuid4()), known=known, channels=CHANNELS, path=PATH,
        moves=[(one, _move(one)) for one in moves(campaign)] if steers else [],
        territories=[
            (one.code, known.get(one.code, one.code), one.word, WORDS[one.word], one.motive,
             french.short_date(one.at) if one.at else "")
            for one in campaign.territories
        ],
        steps=[
            (f"{french.short_date(one.at)} {french.clock(one.at)}", one.by,
             WORDS.get(one.what, one.what), one.words)
            for one in steps
        ],
        days=[
            (f"{french.short_date(one.starts)} {french.clock(one.starts)}", one.place, one.capacity)
            for one in days
        ],
        licence=LICENCES[campaign.kit.licence],
    )  # fmt: skip


def _move(name: str) -> str:
    return _("Abandonner") if name == DROP else _(MOVES[name][2])


def _told(sent: Form, present: Campaign | None = None) -> Told:
    chosen = tuple(value for name, value in sent.values.items() if name.startswith("territoire-"))
    return Told(
        sent["titre"], sent["objectif"], sent["porteur"], sent["base"],
        tuple(value for name, value in sent.values.items() if name.startswith("canal-")),
        day_of(sent["debut"]), day_of(sent["fin"]), cents(sent["budget"]),
        present.told.territories if present else chosen,
    )  # fmt: skip


def _typed(campaign: Campaign) -> Form:
    told = campaign.told
    return Form(
        {
            "titre": told.title, "objectif": told.objective, "porteur": told.owner,
            "base": told.basis, "debut": str(told.starts), "fin": str(told.ends),
            "budget": typed_euros(told.budget), "vu": str(campaign.version),
            **{f"canal-{one}": one for one in told.channels},
        }
    )  # fmt: skip
