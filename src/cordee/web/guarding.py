"""The door of the screen: nothing but the sign-in page opens without a session."""

from __future__ import annotations

import secrets
from http.cookies import CookieError
from typing import cast
from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cordee.identity.accounts.switching import Draft
from cordee.runtime.errors import AccessDenied, Conflict, NotAuthenticated
from cordee.web.ports import Account, WebPorts, WebSettings
from cordee.web.sessions import COOKIE, Session, is_form_token, seal, unseal

PROVIDER, RETURN = "/connexion/fournisseur", "/connexion/retour"
PASSKEY, CONFIRM = "/connexion/cle", "/confirmer"
PUBLIC_PATHS = frozenset(
    {
        "/connexion", "/favicon.ico", PROVIDER, RETURN, PASSKEY,
        "/accessibilite", "/accessibilite/grille.csv", "/invitation",
    }
)  # fmt: skip
PUBLIC_PREFIXES = ("/static/",)
LINK_PREFIX = "/agenda/flux/"
LINK_PREFIXES = (LINK_PREFIX, "/lire/", "/repondre/")
"""What a link opens by its secret alone; a session plays no part in it."""
SIGN_IN, SIGN_OUT = "/connexion", "/deconnexion"
_NOWHERE = (SIGN_IN, SIGN_OUT, CONFIRM, "/verrou")
STATION, RESUME = "cordee_poste", "/reprise"
_MOST_FIELDS, _LARGEST_DRAFT = 50, 100_000
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
STEPS = {
    "code": "/connexion/code",
    "renew": "/connexion/mot-de-passe",
    "situation": "/connexion/situation",
    "locked": "/verrou",
}


class InTraining(Conflict):
    """Somebody who sits in a night of training asks for a page from which something may leave."""


class Doorkeeper:
    """Middleware: reads the session, finds its account, stops who has none."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with `state.session` and `state.account` set."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        settings = cast("WebSettings", request.app.state.settings)
        session = _session(request, settings)
        is_new = session is None
        session = session or Session.new("", settings.clock())
        account = await _account(request, session)
        # Who has not shown everything is nobody yet, but on the page that asks for it.
        entering = account if account is not None and account.step else None
        account = None if entering else account
        request.state.session, request.state.account = session, account
        request.state.entering = entering
        known_station = request.cookies.get(STATION, "")
        request.state.station = known_station or secrets.token_urlsafe(18)
        if account is None and not _is_public(request) and not _is_asked(request, entering):
            await (await _interrupted(request))(scope, receive, send)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                _let_it_count(request)
                if not request.url.path.startswith((*PUBLIC_PREFIXES, *LINK_PREFIXES)):
                    _give_cookies(request, message, session if is_new else None, known_station)
            await send(message)

        await self.app(scope, receive, send_on)


def signed_in(request: Request) -> Account:
    """Give the account of the request.

    Raises `NotAuthenticated` when nobody is signed in.
    """
    account = cast("Account | None", request.state.account)
    if account is None:
        raise NotAuthenticated("nobody is signed in: open /connexion")
    return account


def halfway(request: Request, *steps: str) -> Account:
    """Give the account that has to show something more; raises `NotAuthenticated` for others."""
    account = cast("Account | None", request.state.entering)
    if account is None or account.step not in steps:
        raise NotAuthenticated("nothing is asked at this point: open /connexion")
    return account


def reader(request: Request) -> Account:
    """Give the account of the request, when its role sees records.

    Raises `AccessDenied` for a role without patient data.
    """
    account = signed_in(request)
    if not account.sees_records:
        raise AccessDenied("this role does not open patient records")
    return account


def check_form(request: Request, token: str) -> None:
    """Accept a form of this session only; raises `AccessDenied` for any other."""
    settings = cast("WebSettings", request.app.state.settings)
    if not is_form_token(token, request.state.session, settings.key):
        raise AccessDenied("the form does not belong to this session: open the page again")


def safe_path(path: str) -> str:
    """Give a path of ours to go to after sign-in; `/` for anything else."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\", *_NOWHERE))
    return path if is_ours and path.isprintable() else "/"


async def _interrupted(request: Request) -> Response:
    """Ask to sign in; a form that came while the session was locked is kept until then."""
    entering = cast("Account | None", request.state.entering)
    switching = cast("WebPorts", request.app.state.ports).switching
    if request.method != "POST" or entering is None or entering.visitor is None:
        return _ask_to_sign_in(request)
    is_upload = request.headers.get("content-type", "").startswith("multipart/")
    if entering.step != "locked" or switching is None or is_upload:  # no file is kept meanwhile
        return _ask_to_sign_in(request)
    sent = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    fields = {name: text for name, text in sent.items() if isinstance(text, str)}
    settings = cast("WebSettings", request.app.state.settings)
    if not is_form_token(fields.pop("jeton", ""), request.state.session, settings.key):
        return _ask_to_sign_in(request)
    if sum(map(len, fields.values())) > _LARGEST_DRAFT:
        return _ask_to_sign_in(request)
    session = request.state.session.identifier
    await switching.keep(entering.visitor, session, Draft(request.url.path, fields))
    place = with_path(STEPS["locked"], RESUME)
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": place})
    return RedirectResponse(place, status_code=303)


def _session(request: Request, settings: WebSettings) -> Session | None:
    try:
        return unseal(request.cookies.get(COOKIE, ""), settings)
    except (CookieError, ValueError, TypeError):
        return None


async def _account(request: Request, session: Session) -> Account | None:
    if not session.user or request.url.path.startswith((*PUBLIC_PREFIXES, *LINK_PREFIXES)):
        return None
    accounts = cast("WebPorts", request.app.state.ports).accounts
    return await accounts.resume(session.user, session.identifier, is_act=_is_act(request))


def _give_cookies(
    request: Request, message: Message, session: Session | None, known_station: str | None
) -> None:
    """Gives the cookies that the browser lacks: of a new session, of the workstation."""
    settings = cast("WebSettings", request.app.state.settings)
    if session is not None:
        _give_cookie(message, session, settings)
    if not known_station:
        _give_station(message, request.state.station, settings)


def _let_it_count(request: Request) -> None:
    """What was said by a form counts before it is answered: what people may see is asked anew."""
    trust = cast("WebPorts", request.app.state.ports).trust
    if request.method not in _READING and trust is not None:
        trust.guard.forget()


def _is_act(request: Request) -> bool:
    """Whether a person did something; pages follow and refresh a record by themselves."""
    is_refresh = request.method == "GET" and "hx-request" in request.headers
    return not (is_refresh or _is_stream(request))


def _is_stream(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def _is_asked(request: Request, entering: Account | None) -> bool:
    return entering is not None and request.url.path in {STEPS[entering.step], SIGN_OUT}


def _is_public(request: Request) -> bool:
    path = request.url.path
    return path in PUBLIC_PATHS or path.startswith((*PUBLIC_PREFIXES, *LINK_PREFIXES))


def _ask_to_sign_in(request: Request) -> Response:
    """Send a person to the sign-in page; a stream or a fragment only learns that it is over."""
    is_fragment = "hx-request" in request.headers
    if _is_stream(request) and not is_fragment:
        return Response(status_code=401)
    entering = cast("Account | None", request.state.entering)
    asked = STEPS[entering.step] if entering else SIGN_IN
    if is_fragment:
        shown = safe_path(urlsplit(request.headers.get("hx-current-url", "")).path)
        return Response(headers={"HX-Redirect": with_path(asked, shown) if entering else asked})
    path = request.url.path if request.method == "GET" else "/"
    return RedirectResponse(with_path(asked, path), status_code=303)


def with_path(page: str, path: str) -> str:
    """Give the address of a page that leads on to `path`."""
    return page if path == "/" else f"{page}?suite={quote(path)}"


def _give_station(message: Message, station: str, settings: WebSettings) -> None:
    """Mark the workstation for a year; the mark opens nothing by itself."""
    secure = "; Secure" if settings.has_secure_cookies else ""
    value = f"{STATION}={station}; Path=/; Max-Age=31536000; HttpOnly; SameSite=lax{secure}"
    MutableHeaders(scope=message).append("set-cookie", value)


def _give_cookie(message: Message, session: Session, settings: WebSettings) -> None:
    headers = MutableHeaders(scope=message)
    if COOKIE in headers.get("set-cookie", ""):
        return
    secure = "; Secure" if settings.has_secure_cookies else ""
    value = f"{COOKIE}={seal(session, settings.key)}; Path=/; HttpOnly; SameSite=lax{secure}"
    headers.append("set-cookie", value)
