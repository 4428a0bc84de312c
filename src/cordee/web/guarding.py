"""The door of the screen: nothing but the sign-in page opens without a session."""

from __future__ import annotations

from http.cookies import CookieError
from typing import cast
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cordee.runtime.errors import AccessDenied, NotAuthenticated
from cordee.web.ports import Account, WebPorts, WebSettings
from cordee.web.sessions import COOKIE, Session, is_form_token, seal, unseal

PUBLIC_PATHS = frozenset({"/connexion", "/favicon.ico"})
PUBLIC_PREFIXES = ("/static/",)
SIGN_IN = "/connexion"


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
        request = Request(scope)
        settings = cast("WebSettings", request.app.state.settings)
        session = _session(request, settings)
        is_new = session is None
        session = session or Session.new("", settings.clock())
        account = await _account(session, request.app.state.ports)
        request.state.session, request.state.account = session, account
        if account is None and not _is_public(request):
            await _ask_to_sign_in(request)(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not request.url.path.startswith(
                PUBLIC_PREFIXES
            ):
                _give_cookie(message, session, settings)
            await send(message)

        await self.app(scope, receive, send_with_cookie if is_new else send)


def signed_in(request: Request) -> Account:
    """Give the account of the request.

    Raises `NotAuthenticated` when nobody is signed in.
    """
    account = cast("Account | None", request.state.account)
    if account is None:
        raise NotAuthenticated("nobody is signed in: open /connexion")
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
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_ours and path.isprintable() and not path.startswith(SIGN_IN) else "/"


def _session(request: Request, settings: WebSettings) -> Session | None:
    try:
        return unseal(request.cookies.get(COOKIE, ""), settings)
    except (CookieError, ValueError, TypeError):
        return None


async def _account(session: Session, ports: WebPorts) -> Account | None:
    if not session.user:
        return None
    return await ports.accounts.resume(session.user, session.identifier)


def _is_public(request: Request) -> bool:
    path = request.url.path
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES)


def _ask_to_sign_in(request: Request) -> Response:
    """Send a person to the sign-in page; a stream or a fragment only learns that it is over."""
    if "text/event-stream" in request.headers.get("accept", "") and "hx-request" not in (
        request.headers
    ):
        return Response(status_code=401)
    path = request.url.path if request.method == "GET" else "/"
    target = SIGN_IN if path == "/" else f"{SIGN_IN}?suite={quote(path)}"
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": SIGN_IN})
    return RedirectResponse(target, status_code=303)


def _give_cookie(message: Message, session: Session, settings: WebSettings) -> None:
    headers = MutableHeaders(scope=message)
    if COOKIE in headers.get("set-cookie", ""):
        return
    secure = "; Secure" if settings.has_secure_cookies else ""
    value = f"{COOKIE}={seal(session, settings.key)}; Path=/; HttpOnly; SameSite=lax{secure}"
    headers.append("set-cookie", value)
