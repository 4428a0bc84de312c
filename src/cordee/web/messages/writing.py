"""Write in a thread, start one, take back, make a task, put into the record, say an absence.

A form that fails comes back with what was typed and with its key: sent again, it is one message.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.circle.finding import find_candidates
from cordee.care.circle.team import is_circle, is_over, members_of
from cordee.care.circle.vocabulary import CONTACT
from cordee.care.documents.intake import new_number
from cordee.care.documents.metadata import Submission, guessed_media
from cordee.care.documents.ports import Content
from cordee.care.messaging.facts import HOURS, LONGEST, Member, Thread
from cordee.care.messaging.transcript import letter, transcript
from cordee.care.messaging.writing import LARGEST, Draft, Sent, new_key
from cordee.care.record.ports import RecordRows
from cordee.runtime import clock, french
from cordee.runtime.errors import NotFound, ProductError, ResourceInvalid, RuleBroken, Unavailable
from cordee.runtime.scanning import Infected
from cordee.web.circle.entrance import REFERENCE, day_end, day_start
from cordee.web.forms import MAX_FIELDS, Form, read_form
from cordee.web.guarding import check_form
from cordee.web.language import gettext as _
from cordee.web.messages.entrance import PATH, desk_of, number_of, thread_number, whole, writer
from cordee.web.messages.showing import messages_page
from cordee.web.record.routes import values_around
from cordee.web.rendering import page

NEW, INTO, AWAY = (
    "messages/templates/new.html", "messages/templates/into.html", "messages/templates/away.html",
)  # fmt: skip
_SUMMARY_TYPE: Final = "34133-9"
_AROUND: Final = 64 * 1024
_REFUSED = (RuleBroken, Unavailable, ResourceInvalid)


async def act(request: Request) -> Response:
    """Do what a form of a thread asks, then show the thread."""
    form, files = await _sent(request)
    account, desk, number = writer(request), desk_of(request), thread_number(request)
    principal, at = account.principal, request.app.state.settings.clock()
    writing, gesture = desk.writing, form["geste"] or "envoyer"
    try:
        if gesture == "envoyer":
            await writing.write(principal, number, _draft(form, files), at)
        elif gesture == "retirer":
            await writing.withdraw(principal, number, whole(form["message"]), at)
        elif gesture in {"muet", "entendre"}:
            await writing.mute(principal, number, holds=gesture == "muet")
        elif gesture == "quitter":
            await writing.leave(principal, number, at)
            return RedirectResponse(PATH, status_code=303)
        elif gesture == "tache":
            what = (form["quoi"], form["qui"], day_end(form["echeance"]))
            await writing.make_task(principal, number, whole(form["message"]), what, at)
        elif gesture == "membre":
            await writing.add_members(principal, number, [_reference(form["qui"])], at)
        else:
            raise NotFound("there is no such gesture")
    except _REFUSED as error:
        form.errors["texte"] = _told(error)
        thread = await desk.reading.own(principal, number)
        kept = form["cle"] or str(new_key())
        return await messages_page(request, thread, form, status=422, kept_key=kept)
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


async def new_form(request: Request) -> Response:
    """Give the form of a new thread, about the patient of the address or about nobody."""
    writer(request)
    typed = request.query_params.get("q", "")[:100]
    return await _new_page(request, Form({"q": typed, "numero": str(new_key())}))


async def start(request: Request) -> Response:
    """Start a thread with its first message, then show it."""
    form = await read_form(request)
    account, desk = writer(request), desk_of(request)
    principal, at = account.principal, request.app.state.settings.clock()
    patient = request.path_params.get("patient_id", "")
    number = number_of(form["numero"])
    chosen = [_reference(text) for name, text in form.values.items() if name.startswith("avec-")]
    try:
        await desk.writing.start(principal, number, (patient, form["objet"]), chosen, at)
        if form["texte"]:
            # Its key is the thread's: the first message is one, however often it is sent.
            await desk.writing.write(principal, number, _draft(form, [], number), at)
    except _REFUSED as error:
        form.errors["objet"] = _told(error)
        return await _new_page(request, form, status=422)
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


async def into_form(request: Request) -> Response:
    """Give the text of a thread, to be read again before it goes into the record."""
    account, desk = writer(request), desk_of(request)
    thread = await _bound(request)
    text = transcript(thread, await desk.reading.messages(thread))
    title = _("Synthèse d’un échange : %(subject)s") % {"subject": thread.subject}
    del account
    return await _into_page(request, thread, Form({"texte": text, "titre": title,
                                                  "numero": new_number()}))  # fmt: skip


async def into_record(request: Request) -> Response:
    """Put the text into the record as a document: a summary, or a letter for MSSanté."""
    form = await _long_form(request)
    account, desk = writer(request), desk_of(request)
    principal, at = account.principal, request.app.state.settings.clock()
    thread = await _bound(request)
    words = form["texte"]
    kind = "letter" if form["sorte"] == "lettre" else "summary"
    if kind == "letter":
        people = await desk.reading.patients(principal, [thread.patient])
        day = french.long_date(at.date())
        words = letter(thread, words, principal, people[thread.patient], day)
    submission = Submission(
        type=_SUMMARY_TYPE, title=form["titre"], date=at, author=principal.practitioner,
        structure=principal.structure, content=Content("text/plain", words.encode()),
        unique_id=form["numero"] or new_number(),
    )  # fmt: skip
    documents = request.app.state.ports.documents
    try:
        made = await documents.intake.deposit(principal, thread.patient, submission, to_dmp=False)
        if made.is_new:
            reference = f"DocumentReference/{made.document}"
            await desk.writing.note_link(principal, thread, kind, reference, at)
    except _REFUSED as error:
        form.errors["texte"] = _told(error)
        return await _into_page(request, thread, form, status=422)
    address = f"/patients/{thread.patient}/documents/{made.document}"
    return RedirectResponse(address, status_code=303)


async def away_form(request: Request) -> Response:
    """Give the form of an absence, with the one that runs."""
    return await _away_page(request, Form({"q": request.query_params.get("q", "")[:100]}))


async def say_away(request: Request) -> Response:
    """Keep an absence with its substitute, or take it back."""
    form = await read_form(request)
    account, desk = writer(request), desk_of(request)
    at = request.app.state.settings.clock()
    try:
        span, other = ((at, at), "") if form["geste"] == "revenir" else _absence(form)
        await desk.absences.say(account.principal, span, other, at)
    except RuleBroken as error:
        form.errors["debut"] = error.message
        return await _away_page(request, form, status=422)
    return RedirectResponse(f"{PATH}/absence", status_code=303)


def _absence(form: Form) -> tuple[tuple[datetime, datetime], str]:
    """The days that were typed and the substitute that was chosen."""
    starts, ends = day_start(form["debut"]), day_end(form["fin"])
    if starts is None or ends is None:
        raise RuleBroken(_("Donnez le premier et le dernier jour."))
    return (starts, ends + timedelta(seconds=1)), form["remplacant"]


async def _bound(request: Request) -> Thread:
    """The thread of the address, when it is about a patient; raises `NotFound` otherwise."""
    principal = writer(request).principal
    thread = await desk_of(request).reading.thread(principal, thread_number(request))
    if not thread.patient:
        raise NotFound("a free thread goes into no record")
    return thread


async def _new_page(request: Request, form: Form, *, status: int = 200) -> Response:
    account = writer(request)
    values: dict[str, Any] = {"form": form, "members": [], "hours": HOURS}
    patient = request.path_params.get("patient_id", "")
    if patient:
        rows, around = await values_around(request, "messages")
        values |= around | {"members": _of_circle(rows, account.principal.practitioner)}
    inside = {one.reference for one in values["members"]}
    circle = request.app.state.ports.circle
    found = await find_candidates(circle.store, account.principal, form["q"]) if circle else ()
    values["found"] = [one for one in found if one.reference not in inside]
    values["about"] = patient
    template = NEW if patient else "messages/templates/free.html"
    return page(request, template, status=status, **values)


async def _into_page(
    request: Request, thread: Thread, form: Form, *, status: int = 200
) -> Response:
    return page(request, INTO, status=status, thread=thread, form=form, base=PATH)


async def _away_page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk = writer(request), desk_of(request)
    at = request.app.state.settings.clock()
    circle = request.app.state.ports.circle
    found = await find_candidates(circle.store, account.principal, form["q"]) if circle else ()
    people = {one.reference: one for one in found if one.reference.startswith("Practitioner/")}
    return page(
        request, AWAY, status=status, form=form, found=list(people.values()), today=at.date(),
        absence=await desk.absences.own(account.principal, at), base=PATH,
    )  # fmt: skip


def _of_circle(rows: RecordRows, own: str) -> list[Member]:
    """Professionals and structures of the circle who share the record."""
    teams = [one for one in rows.care_team if is_circle(one)]
    at = clock.now()
    found: dict[str, Member] = {}
    for team in teams:
        for one in members_of(team):
            is_person = not one.reference.startswith("RelatedPerson/")
            if (
                is_person
                and one.reference != own
                and one.access != CONTACT
                and not is_over(one, at)
            ):
                name = one.display or rows.names.get(one.reference, "")
                found.setdefault(one.reference, Member(one.reference, name, outside=False))
    return list(found.values())


def _draft(form: Form, files: list[Sent], key: UUID | None = None) -> Draft:
    asked = form["reponse"]
    hours = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else None  # noqa: PLR2004 -- hours
    return Draft(key or number_of(form["cle"]), form["texte"], files, hours)


def _reference(text: str) -> str:
    """The reference of somebody chosen on the page."""
    if not REFERENCE.fullmatch(text) or text.startswith("RelatedPerson/"):
        raise RuleBroken(_("Choisissez quelqu’un dans la liste."))
    return text


def _told(error: ProductError) -> str:
    if isinstance(error, Infected):
        return _("Le fichier contient un logiciel malveillant ; rien n’est gardé.")
    if isinstance(error, Unavailable):
        return _("Le message n’est pas parti. Il est gardé ici : envoyez-le de nouveau.")
    if isinstance(error, ResourceInvalid):
        return " ".join(one.message for one in error.issues())
    return error.message


async def _long_form(request: Request) -> Form:
    """A form whose text may be as long as a thread."""
    sent = await request.form(max_files=0, max_fields=MAX_FIELDS)
    values = {name: text.strip() for name, text in sent.items() if isinstance(text, str)}
    check_form(request, values.get("jeton", ""))
    return Form(values)


async def _sent(request: Request) -> tuple[Form, list[Sent]]:
    """The fields and files of a posted form; raises `RuleBroken` for one that is too large."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST + _AROUND:
        raise RuleBroken(_("Le fichier fait 10 Mo au plus."))
    async with request.form(max_files=3, max_fields=MAX_FIELDS) as sent:
        values = {
            name: text.strip()[: LONGEST + 1]
            for name, text in sent.items()
            if isinstance(text, str)
        }
        check_form(request, values.get("jeton", ""))
        files: list[Sent] = []
        for one in sent.getlist("piece"):
            if isinstance(one, UploadFile) and one.filename:
                data = await one.read()
                media = await asyncio.to_thread(guessed_media, data, one.content_type or "")
                files.append(Sent(one.filename[-120:], media, data))
    return Form(values), files
