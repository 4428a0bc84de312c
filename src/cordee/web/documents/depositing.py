"""Hand in a document, a new version of one, or withdraw one, from the record. Requirement A3.8."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.documents.depositing import DONE, WAITING
from cordee.care.documents.intake import WITHDRAW, new_number, type_of
from cordee.care.documents.metadata import Submission
from cordee.care.documents.vocabulary import LABELS
from cordee.identity.ins.patient_reading import read_identity
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Conflict, InvalidRequest, ResourceInvalid, RuleBroken, Unavailable
from cordee.runtime.scanning import Infected
from cordee.web.documents.entrance import depositor, desk_of, names_of
from cordee.web.documents.showing import document_page, title_of
from cordee.web.documents.uploads import Upload, read_upload
from cordee.web.documents.words import chosen_type, type_choices
from cordee.web.forms import Form, read_form
from cordee.web.identity.entrance import day
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.stepping.levels import needs_level

TEMPLATE: Final = "documents/templates/deposit.html"
_NUMBER = re.compile(r"urn:oid:2\.25\.\d{1,39}")
_FIELDS: Final = {
    "type": "type", "title": "titre", "date": "date", "content": "fichier", "size": "fichier",
    "hash": "fichier", "securityLabel": "confidentialite",
}  # fmt: skip
_ORDER: Final = ("fichier", "type", "titre", "date", "confidentialite")


async def form(request: Request) -> Response:
    """Give the form of a new document."""
    depositor(request)
    needs_level(request)
    today = request.app.state.settings.clock().date()
    blank = Form({"numero": new_number(), "date": today.strftime("%d/%m/%Y")})
    return await _page(request, blank)


async def deposit(request: Request) -> Response:
    """Take in a new document, then show it."""
    upload = await _upload(request)
    account = depositor(request)
    needs_level(request)
    patient, _number = names_of(request)
    if upload is None:
        return await _page(request, _too_large(), status=422)
    sent, to_dmp = upload.form, upload.form["dmp"] == "oui"
    try:
        made = await desk_of(request).intake.deposit(
            account.principal, patient, _submission(request, upload), to_dmp=to_dmp
        )
    except (ResourceInvalid, Conflict, RuleBroken, Unavailable) as error:
        _tell(sent, error)
        return await _page(request, sent, status=422)
    return RedirectResponse(f"/patients/{patient}/documents/{made.document}", status_code=303)


async def new_version(request: Request) -> Response:
    """Give the form of a new version of a document."""
    account = depositor(request)
    needs_level(request)
    patient, number = names_of(request)
    document = await desk_of(request).openings.look(account.principal, patient, number)
    today = request.app.state.settings.clock().date()
    code = type_of(document)
    typed = next((text for text in type_choices() if code and text.endswith(f"({code})")), "")
    known = Form({
        "numero": new_number(), "date": today.strftime("%d/%m/%Y"), "type": typed,
        "titre": title_of(document),
    })  # fmt: skip
    return await _page(request, known, former=title_of(document))


async def replace(request: Request) -> Response:
    """Take in a new version of a document, then show it."""
    upload = await _upload(request)
    account = depositor(request)
    needs_level(request)
    patient, number = names_of(request)
    desk = desk_of(request)
    document = await desk.openings.look(account.principal, patient, number)
    if upload is None:
        return await _page(request, _too_large(), status=422, former=title_of(document))
    sent, to_dmp = upload.form, upload.form["dmp"] == "oui"
    try:
        made = await desk.intake.replace(
            account.principal, number, _submission(request, upload), to_dmp=to_dmp
        )
    except (ResourceInvalid, Conflict, RuleBroken, Unavailable) as error:
        _tell(sent, error)
        return await _page(request, sent, status=422, former=title_of(document))
    return RedirectResponse(f"/patients/{patient}/documents/{made.document}", status_code=303)


async def withdraw(request: Request) -> Response:
    """Withdraw a document with its reason, then show the list."""
    sent = await read_form(request)
    account = depositor(request)
    needs_level(request)
    patient, number = names_of(request)
    desk = desk_of(request)
    await desk.openings.look(account.principal, patient, number)
    try:
        await desk.intake.withdraw(account.principal, number, sent["raison"])
    except (RuleBroken, Conflict) as error:
        sent.errors["raison"] = error.message
        return await document_page(request, sent, status=422)
    return RedirectResponse(f"/patients/{patient}/documents", status_code=303)


async def _upload(request: Request) -> Upload | None:
    """What was sent; None for what is too large to be read."""
    try:
        return await read_upload(request)
    except InvalidRequest:
        return None


def _submission(request: Request, upload: Upload) -> Submission:
    form, account = upload.form, depositor(request)
    number = form["numero"]
    return Submission(
        type=chosen_type(form["type"]),
        title=form["titre"],
        date=_moment(request, form["date"]),
        author=account.principal.practitioner,
        structure=account.principal.structure,
        content=upload.content,
        unique_id=number if _NUMBER.fullmatch(number) else new_number(),
        label=form["confidentialite"] or "N",
    )


def _moment(request: Request, text: str) -> datetime | None:
    """The moment of a day that was typed: now for today, else its noon."""
    typed, now = day(text), request.app.state.settings.clock()
    if typed is None:
        return None
    if typed == now.date():
        return now
    # Another day has no hour of its own.
    return datetime.combine(typed, time(12), PARIS)


def _tell(form: Form, error: ResourceInvalid | Conflict | RuleBroken | Unavailable) -> None:
    """Says at each field what is wrong."""
    if isinstance(error, Infected):
        form.errors["fichier"] = _(
            "Le fichier contient un logiciel malveillant ; rien n’est gardé."
        )
        return
    if isinstance(error, Unavailable):
        form.errors["fichier"] = _("Les fichiers ne peuvent pas être analysés pour l’instant.")
        return
    if not isinstance(error, ResourceInvalid):
        form.errors["fichier"] = error.message
        return
    told: dict[str, str] = {}
    for issue in error.issues():
        where = _FIELDS.get(issue.expression[0] if issue.expression else "", "fichier")
        told.setdefault(where, issue.message)
    # In the order of the page.
    form.errors |= {one: told[one] for one in _ORDER if one in told}


def _too_large() -> Form:
    return Form({"numero": new_number()}, {"fichier": _("Le fichier fait 10 Mo au plus.")})


async def _page(request: Request, form: Form, *, status: int = 200, former: str = "") -> Response:
    desk, (patient, number) = desk_of(request), names_of(request)
    rows, values = await values_around(request, "documents")
    sent = (await desk.deposits.states(patient)).get(number, {}) if former else {}
    identity = read_identity(rows.patient)
    values |= {
        "form": form,
        "former": former,
        "former_in_dmp": sent.get("act") != WITHDRAW and sent.get("state") in {WAITING, DONE},
        "types": type_choices(),
        "labels": [(code, _(text)) for code, text in LABELS.items()],
        "is_connected": desk.deposits.is_connected,
        "is_qualified": identity.may_send_matricule,
    }
    told: dict[str, Any] = values
    return page(request, TEMPLATE, status=status, **told)
