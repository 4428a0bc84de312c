"""Templates: the Jinja environment, a page, or one block of it as a fragment."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cordee.population.callers import rights_of
from cordee.runtime import french
from cordee.web.language import gettext, ngettext
from cordee.web.sessions import form_token

WEB = Path(__file__).parent
STATIC = WEB / "static"
COMPONENTS = ("forms", "frame", "identity", "panes", "passkeys", "results", "workflow")


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Give the templates of the screen: autoescape, no undefined name, French filters."""
    env = Environment(
        loader=FileSystemLoader(WEB),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast("Any", env).install_gettext_callables(gettext, ngettext, newstyle=True)
    env.filters |= {
        "number": french.number,
        "short_date": french.short_date,
        "long_date": french.long_date,
        "day_month": french.day_month,
        "clock": french.clock,
        "weekday": french.weekday,
        "css_string": css_string,
    }
    env.globals |= {"static": static_url, "icon_paths": icon_paths, "may": may}
    for name in COMPONENTS:
        env.globals[name] = env.get_template(f"components/{name}.html").module
    return env


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Give the whole page; of a record, the part that moves where htmx asks for a part."""
    env: Environment = request.app.state.templates
    body = env.get_template(template).render(_context(request) | values)
    return HTMLResponse(body, status_code=status)


def with_map(request: Request) -> None:
    """Lets this page load Leaflet (`layout/map.html`)."""
    request.state.has_map = True


def fragment(request: Request, template: str, block: str, **values: Any) -> HTMLResponse:
    """One block of a page, exactly as the page shows it."""
    env: Environment = request.app.state.templates
    source = env.get_template(template)
    context = source.new_context(_context(request) | values)
    return HTMLResponse(env.concat(source.blocks[block](context)))


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("hx-request-type") == "partial"


def css_string(text: str) -> Markup:
    """`text` as a CSS string, quotes included; nothing of it can end the string or the style."""
    kept = "".join(
        c if c.isalnum() or c in " ,.:/-'\u00a0\u202f" else f"\\{ord(c):x} " for c in text
    )
    return Markup('"' + kept + '"')  # noqa: S704 - every character that is not plain is escaped


def may(account: Any, right: str) -> bool:
    """Whether the functions of an account do something of population health (`callers.RIGHTS`)."""
    return right in rights_of(frozenset(getattr(account.principal, "functions", ())))


@lru_cache(maxsize=256)
def static_url(name: str) -> str:
    """Give the address of a static file, with the digest of its content."""
    path = STATIC / name
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "absent"
    return f"/static/{name}?v={digest}"


@lru_cache(maxsize=64)
def icon_paths(name: str) -> Markup:
    """Give the inside of the SVG of an icon; empty when the front-end files are not installed."""
    return Markup(_icons().get(name, ""))  # noqa: S704 - from the package of the lock file


@lru_cache(maxsize=1)
def _icons() -> dict[str, str]:
    path = STATIC / "vendor" / "icons.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _context(request: Request) -> dict[str, Any]:
    settings = request.app.state.settings
    session = getattr(request.state, "session", None)
    return {
        "nonce": request.state.nonce,
        "is_part": wants_fragment(request),
        "account": getattr(request.state, "account", None),
        "is_demo": settings.is_demo,
        "is_read_only": getattr(request.state, "is_read_only", False),
        "has_keys": request.cookies.get("cordee_touches") != "non",
        "now": settings.clock(),
        "path": request.url.path,
        "typed": "",
        "unread": getattr(request.state, "unread", None),
        "token": form_token(session, settings.key) if session else "",
    }
