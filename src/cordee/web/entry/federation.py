"""Signing in at a provider: the way there, the way back, and what to do when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.accounts.sessions import LOCKED, OPEN, Visitor
from cordee.identity.federation.linking import CLOSED, OTHER, UNKNOWN
from cordee.identity.federation.providers import CITIZEN, HOSPITAL, PSC, Provider
from cordee.identity.federation.relying import (
    DOWN,
    ENTER,
    EXPIRED,
    LINK,
    REFUSED,
    STEP,
    UNTRUSTED,
    WEAK,
    Answering,
    Ended,
    Federation,
)
from cordee.runtime.errors import NotFound
from cordee.web.entry.answers import go_on, origin
from cordee.web.guarding import PROVIDER, RETURN, SIGN_IN, safe_path, signed_in
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.relatives.people import is_citizen
from cordee.web.rendering import page
from cordee.web.sessions import Session, set_cookie

TEMPLATE: Final = "entry/templates/federation.html"
PURPOSES: Final = {"": ENTER, "confirmer": STEP, "rattacher": LINK}


@dataclass(frozen=True, slots=True)
class Button:
    """A way to sign in, as the page shows it."""

    name: str
    label: str
    is_down: bool


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, what to do, and the status of the page."""

    heading: str
    what: str
    todo: str
    status: int = 403


PROBLEMS: Final = {
    REFUSED: Words(
        _("Connexion abandonnée"),
        _("Vous n’avez pas confirmé votre identité auprès de %(label)s. Rien n’a été ouvert."),
        _("Recommencez, ou entrez d’une autre façon."),
    ),
    EXPIRED: Words(
        _("La connexion a pris trop de temps"),
        _("La demande n’existe plus, ou elle vient d’un autre navigateur. Rien n’a été ouvert."),
        _("Recommencez depuis la page d’entrée."),
    ),
    DOWN: Words(
        _("%(label)s ne répond pas"),
        _("Votre identité n’a pas pu être vérifiée. Les sessions déjà ouvertes continuent."),
        _("Recommencez dans quelques minutes, ou entrez d’une autre façon."),
        503,
    ),
    UNTRUSTED: Words(
        _("La réponse de %(label)s n’est pas valable"),
        _("Elle a été refusée pour votre sécurité. Rien n’a été ouvert."),
        _("Recommencez. Si cela revient, prévenez votre support."),
    ),
    WEAK: Words(
        _("Un seul facteur a été montré"),
        _("%(label)s n’a pas confirmé deux facteurs : carte ou téléphone, et code."),
        _("Recommencez avec votre carte ou votre téléphone."),
    ),
    UNKNOWN: Words(
        _("Votre identité n’est pas encore rattachée"),
        _("%(label)s vous reconnaît (%(number)s), mais aucun compte de la région n’y correspond."),
        _("Votre structure le voit dans sa console et peut vous rattacher. Prévenez-la."),
    ),
    CLOSED: Words(
        _("Votre compte est fermé"),
        _("Votre identité est juste, mais votre compte est suspendu ou arrivé à sa fin."),
        _("Demandez à l’administrateur de votre structure."),
    ),
    OTHER: Words(
        _("Ce n’est pas la même personne"),
        _("L’identité de %(label)s n’est pas celle du compte. Rien n’a été changé."),
        _("Quittez la session de l’autre personne, puis recommencez."),
    ),
}


async def start(request: Request) -> Response:
    """Lead to a provider; `pour` says whether it is to enter, to confirm or to link."""
    told = request.query_params
    purpose = PURPOSES.get(told.get("pour", ""))
    if purpose is None:
        raise NotFound("there is no such sign-in")
    if purpose != ENTER and _visitor(request) is None:
        signed_in(request)
    path = safe_path(told.get("suite", "/"))
    session: Session = request.state.session
    begun = await federation_of(request).begin(
        told.get("nom", ""), session.identifier, path, purpose
    )
    if begun.problem:
        provider = await federation_of(request).providers.named(told.get("nom", ""))
        ended = Ended(path=path, purpose=purpose, problem=begun.problem, label=provider.label)
        return problem_page(request, ended)
    return RedirectResponse(begun.address, status_code=303)


async def finish(request: Request) -> Response:
    """Take the answer of a provider, and go on."""
    settings = request.app.state.settings
    browser: Session = request.state.session
    fresh = Session.new("", settings.clock())
    answering = Answering(browser.identifier, fresh.identifier, _visitor(request), origin(request))
    given = dict(request.query_params)
    ended = await federation_of(request).finish(given, answering)
    if ended.problem:
        return problem_page(request, ended)
    answer = go_on(OPEN if ended.step == LOCKED else ended.step, ended.path)
    if ended.purpose == ENTER:
        opened = Session(fresh.identifier, ended.login, fresh.started)
        set_cookie(answer, opened, settings)
    return answer


async def buttons(request: Request) -> Sequence[Button]:
    """The providers that people may sign in by, in the order of the page.

    Whoever has an account sees those of their kind: a patient has no professional card.
    """
    federation: Federation | None = request.app.state.ports.federation
    if federation is None:
        return ()
    account: Account | None = request.state.account or request.state.entering
    found = await federation.providers.all()
    if account is not None:
        found = [one for one in found if (one.kind == CITIZEN) == is_citizen(account)]
    return tuple(_button(one) for one in found)


def federation_of(request: Request) -> Federation:
    """Give the relying party; raises `NotFound` where none is configured."""
    federation: Federation | None = request.app.state.ports.federation
    if federation is None:
        raise NotFound("no provider is configured")
    return federation


def back_of(request: Request) -> str:
    """Give the address of ours that a provider leads back to once its session has ended."""
    place = urlsplit(federation_of(request).redirect_uri)
    return urlunsplit(place._replace(path=SIGN_IN))


def problem_page(request: Request, ended: Ended) -> Response:
    """Say in French how a sign-in failed, and lead on."""
    words = PROBLEMS[ended.problem]
    told = {"label": ended.label, "number": ended.number}
    is_in = request.state.account is not None
    return page(
        request, TEMPLATE, status=words.status, heading=words.heading % told,
        what=words.what % told, todo=words.todo,
        back=ended.path if is_in and ended.purpose != STEP else ("/" if is_in else "/connexion"),
    )  # fmt: skip


def _button(provider: Provider) -> Button:
    labels = {PSC: _("Carte professionnelle ou e-CPS"), HOSPITAL: _("Compte %(label)s")}
    known = labels.get(provider.kind, "%(label)s") % {"label": provider.label}
    return Button(provider.name, known, provider.down_since is not None)


def _visitor(request: Request) -> Visitor | None:
    """Who is signed in, or has locked their session."""
    account: Account | None = request.state.account or request.state.entering
    if account is not None and account.step not in {"", "locked"}:
        return None
    return account.visitor if account is not None else None


routes = [
    Route(PROVIDER, start, methods=["GET"]),
    Route(RETURN, finish, methods=["GET"]),
]
