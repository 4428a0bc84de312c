"""Browser sessions: a signed cookie, and form tokens bound to it.

The cookie holds a user, a random identifier and its date, signed by HMAC-SHA256. It is
httpOnly, SameSite=Lax, and renewed at each sign-in. A form token is a salt and the HMAC of
salt and session, so that two pages never show the same one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from cordee.web.ports import WebSettings

COOKIE = "cordee_session"


@dataclass(frozen=True, slots=True)
class Session:
    """One browser session; `user` is empty before sign-in."""

    identifier: str
    user: str
    started: int

    @classmethod
    def new(cls, user: str, at: datetime) -> Session:
        """Give a session with a fresh random identifier."""
        return cls(secrets.token_urlsafe(18), user, int(at.timestamp()))


def seal(session: Session, key: bytes) -> str:
    """Give the cookie value of a session."""
    body = json.dumps([session.identifier, session.user, session.started]).encode()
    text = base64.urlsafe_b64encode(body).decode().rstrip("=")
    return f"{text}.{_sign(key, 'session', text)}"


def unseal(value: str, settings: WebSettings) -> Session | None:
    """Give the session of a cookie value; None when forged, damaged or too old."""
    text, _, signature = value.partition(".")
    if not hmac.compare_digest(signature.encode(), _sign(settings.key, "session", text).encode()):
        return None
    padded = text + "=" * (-len(text) % 4)
    session = Session(*json.loads(base64.urlsafe_b64decode(padded)))
    oldest = settings.clock() - timedelta(hours=settings.session_hours)
    return session if session.started >= oldest.timestamp() else None


def set_cookie(response: Response, session: Session, settings: WebSettings) -> None:
    """Give the session to the browser, until it closes."""
    response.set_cookie(
        COOKIE,
        seal(session, settings.key),
        httponly=True,
        samesite="lax",
        secure=settings.has_secure_cookies,
        path="/",
    )


def form_token(session: Session, key: bytes) -> str:
    """Give a token that proves that a form came from a page of this session."""
    salt = secrets.token_urlsafe(9)
    return f"{salt}.{_sign(key, 'form', salt + session.identifier)}"


def is_form_token(token: str, session: Session, key: bytes) -> bool:
    """Whether the token was made for this session."""
    salt, _, signature = token.partition(".")
    expected = _sign(key, "form", salt + session.identifier)
    return hmac.compare_digest(signature.encode(), expected.encode())


def _sign(key: bytes, use: str, text: str) -> str:
    return hmac.new(key, f"{use}:{text}".encode(), hashlib.sha256).hexdigest()
