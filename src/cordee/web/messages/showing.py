"""The threads of a professional, one of them open, its patient beside; live, and read as shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cordee.care.messaging.facts import HOURS, Thread, who_of
from cordee.care.messaging.writing import new_key
from cordee.runtime.errors import NotFound
from cordee.web.events import change_stream
from cordee.web.forms import Form, read_form
from cordee.web.messages.entrance import PATH, desk_of, thread_number, whole, writer
from cordee.web.messages.words import line_rows, message_rows, names, readers
from cordee.web.record.bounds import bounds
from cordee.web.record.routes import values_around
from cordee.web.record.view_models import view_record
from cordee.web.rendering import fragment, page, wants_fragment

TEMPLATE: Final = "messages/templates/messages.html"
TAB: Final = "messages/templates/tab.html"
_INLINE: Final = frozenset({"application/pdf", "image/jpeg", "image/png"})


async def listing(request: Request) -> Response:
    """Give the threads, none open."""
    return await messages_page(request, None, Form())


async def search(request: Request) -> Response:
    """Give the messages that hold what was typed."""
    form = await read_form(request)
    account, at = writer(request), request.app.state.settings.clock()
    found = await desk_of(request).reading.search(account.principal, form["mots"], at)
    return await messages_page(request, None, form, found=found, sought=form["mots"])


async def show(request: Request) -> Response:
    """Give one thread; what it shows counts as read."""
    account, desk = writer(request), desk_of(request)
    thread = await desk.reading.own(account.principal, thread_number(request))
    return await messages_page(request, thread, Form())


async def stream(request: Request) -> Response:
    """Give the stream that tells an open thread that something happened in it."""
    account, desk = writer(request), desk_of(request)
    thread = await desk.reading.thread(account.principal, thread_number(request))
    known = request.headers.get("last-event-id") or request.query_params.get("depuis", "")
    seen = int(known) if known.isascii() and known.isdecimal() and len(known) < 10 else 0  # noqa: PLR2004 -- an int4

    async def numbers() -> AsyncIterator[str]:
        async for one in desk.pulse.follow(account.principal, thread, seen):
            yield str(one)

    return change_stream(numbers(), known)


async def file(request: Request) -> Response:
    """Give a file of a message."""
    account, desk = writer(request), desk_of(request)
    message = whole(request.path_params["message"])
    place = whole(request.path_params["place"])
    opened = await desk.reading.file(account.principal, thread_number(request), message, place)
    if opened.media not in _INLINE:
        raise NotFound("there is no such file")
    kind = opened.media.partition("/")[2]
    return Response(
        opened.content,
        media_type=opened.media,
        headers={
            "cache-control": "no-store",
            "content-disposition": f'inline; filename="piece-{message}-{place}.{kind}"',
        },
    )


async def tab(request: Request) -> Response:
    """Give the threads about one patient, in their file."""
    account, desk = writer(request), desk_of(request)
    patient = request.path_params["patient_id"]
    _rows, values = await values_around(request, "messages")
    at = request.app.state.settings.clock()
    lines, people = await desk.reading.threads(account.principal, at, patient)
    own = who_of(account.principal).person
    values["threads"] = line_rows(lines, people, own, "", at.date())
    return page(request, TAB, **values)


async def messages_page(
    request: Request, thread: Thread | None, form: Form, *, status: int = 200, **more: Any
) -> Response:
    """Give the page of messages, with a thread or without; a fragment for what moves in it."""
    account, desk = writer(request), desk_of(request)
    principal, at = account.principal, request.app.state.settings.clock()
    own = who_of(principal).person
    values: dict[str, Any] = {
        "thread": thread, "form": form, "found": None, "sought": "", "person": None,
        "own": own, "base": PATH, "hours": HOURS, "kept_key": "",
    } | more  # fmt: skip
    if thread is not None:
        values |= await _open_values(request, thread)
    if thread is not None and wants_fragment(request):
        return fragment(request, TEMPLATE, "moving", **values)
    lines, people = await desk.reading.threads(principal, at)
    here = str(thread.id) if thread is not None else ""
    values["threads"] = line_rows(lines, people, own, here, at.date())
    return page(request, TEMPLATE, status=status, **values)


async def _open_values(request: Request, thread: Thread) -> dict[str, Any]:
    """What a thread shows; raises a 404 where its patient is not seen."""
    account, desk = writer(request), desk_of(request)
    principal, at = account.principal, request.app.state.settings.clock()
    own = who_of(principal).person
    values: dict[str, Any] = {}
    if thread.patient:
        reason = "refresh" if wants_fragment(request) else "message"
        rows = await request.app.state.ports.records.open_record(
            principal, thread.patient, reason=reason
        )
        if rows is None:
            raise HTTPException(404)
        values["person"] = view_record(rows, at.date())
        values["is_bounded"] = bool(bounds(principal))
    messages = await desk.reading.messages(thread)
    await desk.reading.read(principal, thread, thread.changes, at)
    others = [one.reference for one in thread.present if one.reference != own]
    return values | {
        "messages": message_rows(thread, messages, own, at),
        "links": await desk.reading.links(thread),
        "muted": await desk.reading.is_muted(principal, thread),
        "with_whom": names(thread, own),
        "readers": readers(thread, own, await desk.absences.of(others, at)),
        "key": str(new_key()),
        "stream": f"{PATH}/{thread.id}/flux?depuis={thread.changes}",
        "place": f"{PATH}/{thread.id}",
        "thread_today": at.date(),
    }
