"""Security headers on every answer of the screen, with a fresh nonce for each page."""

from __future__ import annotations

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FIXED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def content_policy(
    nonce: str, targets: str = "", *, frames: bool = False, is_framed: bool = False,
    has_map: bool = False,
) -> str:  # fmt: skip
    """Give the content security policy of a page: nothing but ours, no inline, no eval.

    `targets` are other origins that a form of this page may lead to. `frames`: it shows a file of
    ours inside; `is_framed`: it is such a file. `has_map`: Leaflet loads, with the one piece of
    markup that `js/trusted.js` lets through.
    """
    framed = "'self'" if is_framed else "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            *(["frame-src 'self'"] if frames else []),
            f"form-action 'self' {targets}".rstrip(),
            "base-uri 'none'",
            f"frame-ancestors {framed}",
            "require-trusted-types-for 'script'",
            f"trusted-types htmx cordee{' default' if has_map else ''}",
        )
    )


def secure(
    headers: MutableHeaders, nonce: str, targets: str = "", *, frames: str = "",
    has_map: bool = False,
) -> None:  # fmt: skip
    """Set the headers of security; what the handler said about caching stays.

    `frames` is "holds" for a page that shows a file of ours inside, "held" for such a file.
    """
    is_framed = frames == "held"
    headers["content-security-policy"] = content_policy(
        nonce, targets, frames=frames == "holds", is_framed=is_framed, has_map=has_map
    )
    for name, value in _FIXED.items():
        headers[name] = value
    if is_framed:
        headers["x-frame-options"] = "SAMEORIGIN"
    headers.setdefault("cache-control", "no-store")


class SecurityHeaders:
    """Middleware: sets the nonce of the request and the headers of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                targets = scope["state"].get("form_targets", "")
                frames, has_map = (scope["state"].get(one, "") for one in ("frames", "has_map"))
                headers = MutableHeaders(scope=message)
                secure(headers, nonce, targets, frames=frames, has_map=bool(has_map))
            await send(message)

        await self.app(scope, receive, send_with_headers)
