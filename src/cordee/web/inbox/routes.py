"""The inbox of events: filters in the address, a list, one of it opened; its stream.

Requirements B2.5, B2.9, B2.12.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.notifications.inbox import PAGE, Chain, Item
from cordee.care.notifications.kinds import KINDS
from cordee.care.notifications.states import SEEN, State
from cordee.care.notifications.states import WORDS as STATE_WORDS
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Conflict
from cordee.web.events import count_stream
from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.identity.words import named
from cordee.web.inbox.calls import routes as call_routes
from cordee.web.inbox.entrance import PATH, SPANS, STATES, asked, desk_of, number_of
from cordee.web.inbox.words import local, state_of, told
from cordee.web.language import gettext as _
from cordee.web.rendering import fragment, page, wants_fragment
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "inbox/templates/inbox.html"
_MOST_EXPORTED: Final = 5000
_CHANNELS: Final = {
    "screen": _("écran"), "email": _("e-mail"), "sms": _("SMS"), "mssante": _("MSSanté"),
    "application": _("logiciel métier"),
}  # fmt: skip


async def show(request: Request) -> Response:
    """Give the list under the filter of the address."""
    return await _page(request, None)


async def open_one(request: Request) -> Response:
    """Give one of the list opened: it is read from now on."""
    principal = signed_in(request).principal
    if wants_fragment(request):
        item = await desk_of(request).inbox.one(principal, number_of(request))
    else:
        item = await desk_of(request).inbox.open(principal, number_of(request))
    return await _page(request, item)


async def act(request: Request) -> Response:
    """Move one of the list: read, not read, acknowledged."""
    form = await read_form(request)
    state, number = state_of(form["geste"]), number_of(request)
    query = asked(request).query()
    if state is None:
        return RedirectResponse(f"{PATH}/{number}{query}", status_code=303)
    try:
        await desk_of(request).inbox.set_state(signed_in(request).principal, number, state)
    except Conflict as error:
        item = await desk_of(request).inbox.one(signed_in(request).principal, number)
        return await _page(request, item, error=error.message, status=409)
    # Opening it again would mark it as read.
    back = PATH if state is State.UNREAD else f"{PATH}/{number}"
    return RedirectResponse(f"{back}{query}", status_code=303)


async def read_all(request: Request) -> Response:
    """Mark as read what the filter shows."""
    form = await read_form(request)
    wanted = asked(request)
    upto = form["jusqua"]
    if upto.isascii() and upto.isdecimal():
        filter_ = wanted.filter(request.app.state.settings.clock())
        await desk_of(request).inbox.read_all(signed_in(request).principal, filter_, int(upto[:18]))
    return RedirectResponse(f"{PATH}{wanted.query()}", status_code=303)


async def export(request: Request) -> Response:
    """Give what the filter shows as CSV, as far as it is open now."""
    settings, principal = request.app.state.settings, signed_in(request).principal
    now = settings.clock()
    items = await desk_of(request).inbox.page(
        principal, asked(request).filter(now), most=_MOST_EXPORTED
    )
    head = (
        _("notification"), _("évènement"), _("urgent"), _("survenu le"), _("émise le"), _("état"),
        _("patient"), _("né(e) le"), _("lieu et précisions"),
    )  # fmt: skip
    rows = [told(one, now.date()) for one in items]
    lines = [
        (
            one.number, one.title, _("oui") if one.is_urgent else _("non"), one.at[:16],
            one.made[:16], one.state_word, one.person.title if one.person else "",
            one.person.born if one.person else "", " ; ".join(one.lines),
        )
        for one in rows
    ]  # fmt: skip
    return spreadsheet("evenements-recus.csv", head, lines)


async def stream(request: Request) -> Response:
    """Give the stream of how many are not read, for the bar on top of every page."""
    user = signed_in(request).principal.user
    return count_stream(desk_of(request).inbox.counts(user))


async def _page(
    request: Request, item: Item | None, *, error: str = "", status: int = 200
) -> Response:
    desk, principal = desk_of(request), signed_in(request).principal
    now = request.app.state.settings.clock()
    wanted = asked(request)
    items = await desk.inbox.page(principal, wanted.filter(now), wanted.before, PAGE + 1)
    shown = items[:PAGE]
    if item is not None and all(one.n != item.n for one in shown):  # read now: it stays in sight
        shown = sorted([*shown, item], key=lambda one: one.n, reverse=True)
    values: dict[str, Any] = {
        "rows": [told(one, now.date()) for one in shown],
        "opened": told(item, now.date()) if item else None,
        "steps": [], "chain": [], "clock": "", "error": error,
        "wanted": wanted, "here": f"{PATH}{f'/{item.n}' if item else ''}{wanted.query()}",
        "query": wanted.query(),
        "states": [(code, word, wanted.query(etat=code)) for code, (word, _s) in STATES.items()],
        "spans": [(code, word) for code, (word, _s) in SPANS.items()],
        "kinds": [(one.code, one.label) for one in KINDS.values()],
        "older": wanted.query(avant=str(items[PAGE - 1].n)) if len(items) > PAGE else "",
        "newest": max((one.n for one in shown), default=0),
        "calls": await desk.phoning.count(principal.structure),
    }  # fmt: skip
    if item is not None:
        values |= await _opened(request, item)
    if wants_fragment(request):
        return fragment(request, TEMPLATE, "list", **values)
    return page(request, TEMPLATE, status=status, **values)


async def _opened(request: Request, item: Item) -> dict[str, Any]:
    """Give the history of one, and the chain of who was told of the same event."""
    desk, accounts = desk_of(request), request.app.state.ports.accounts
    steps, chain = await desk.inbox.steps(item), await desk.inbox.chain(item)
    names = await named(accounts, [one.reader for one in chain.links])
    return {
        "steps": [(local(one.at), STATE_WORDS[one.state]) for one in steps],
        "chain": [
            {
                "name": names.get(one.reader, one.reader),
                "channel": _CHANNELS[one.channel],
                "state": STATE_WORDS[one.state],
                "at": local(one.changed),
                "is_relay": one.is_relay,
            }
            for one in chain.links
        ],
        "clock": _clock(chain),
    }


def _clock(chain: Chain) -> str:
    """Say what happens when nobody reads, or why nothing more does."""
    if chain.stopped == "read" or any(one.state in SEEN for one in chain.links):
        return _("Lu par un destinataire : rien d’autre n’est déclenché.")
    if chain.stopped == "telephone":
        return _("Personne ne l’a lu : un appel téléphonique a été demandé.")
    if chain.due is None:
        return ""
    hour = chain.due.astimezone(PARIS)
    word = f"{hour:%H} h {hour:%M}"
    if chain.stopped == "relayed":
        return _("Relayé. Sans lecture avant %(hour)s, un appel est demandé.") % {"hour": word}
    return _("Sans lecture avant %(hour)s, le relais de la structure est prévenu.") % {"hour": word}


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}/tout-lu", read_all, methods=["POST"]),
    Route(f"{PATH}.csv", export, methods=["GET"]),
    Route(f"{PATH}/{{number}}", open_one, methods=["GET"]),
    Route(f"{PATH}/{{number}}", act, methods=["POST"]),
    Route("/evenements", stream, methods=["GET"]),
    *call_routes,
]
