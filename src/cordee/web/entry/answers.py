"""What the pages of entering share: where a request comes from, how it goes on or is refused."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.identity.accounts.entering import Entrance, Outcome
from cordee.identity.accounts.sessions import Origin, Visitor
from cordee.runtime.errors import NotFound
from cordee.web.forms import Form
from cordee.web.guarding import STEPS, safe_path, with_path
from cordee.web.language import gettext as _
from cordee.web.language import ngettext
from cordee.web.ports import Account

REFUSED, TOO_EARLY = 422, 429
_MINUTE = 60


def origin(request: Request) -> Origin:
    """Give the address and the browser of a request."""
    address = request.client.host if request.client else ""
    station = getattr(request.state, "station", "")
    return Origin(address, request.headers.get("user-agent", ""), station)


def go_on(step: str, suite: str) -> Response:
    """Lead to the page of the next step, or to where the person wanted to go."""
    target = safe_path(suite)
    return RedirectResponse(
        with_path(STEPS[step], target) if step in STEPS else target, status_code=303
    )


def refuse(form: Form, name: str, outcome: Outcome, wrong: str) -> tuple[int, dict[str, str]]:
    """Say at a field what was wrong, or how long to wait; the status and headers of the answer."""
    if outcome.wait:
        form.errors[name] = _("Trop d’essais : attendez %(delay)s, puis recommencez") % {
            "delay": _delay(outcome.wait)
        }
        return TOO_EARLY, {"retry-after": str(outcome.wait)}
    form.errors[name] = wrong
    return REFUSED, {}


def entrance_of(request: Request) -> Entrance:
    """Give the door of local accounts; raises `NotFound` in the demonstration."""
    entrance: Entrance | None = request.app.state.ports.entrance
    if entrance is None:
        raise NotFound("the demonstration has no local accounts")
    return entrance


def visitor_of(account: Account) -> Visitor:
    """Give who is behind a local account; raises `NotFound` for one of the demonstration."""
    if account.visitor is None:
        raise NotFound("the demonstration has no local accounts")
    return account.visitor


def _delay(seconds: int) -> str:
    if seconds < _MINUTE:
        return ngettext("%(num)s seconde", "%(num)s secondes", seconds) % {"num": seconds}
    minutes = -(-seconds // _MINUTE)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes}
