"""The pages of the authorization server: allow, withdraw, open an application on a patient."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.record.query import parse_query
from cordee.identity.smart.authorizing import Asked
from cordee.identity.smart.server import AuthorizationServer
from cordee.runtime.errors import NotFound
from cordee.web.consent.words import opens_data, permissions
from cordee.web.forms import Form, read_form
from cordee.web.guarding import reader, signed_in
from cordee.web.language import gettext as _
from cordee.web.persons import describe_list
from cordee.web.rendering import page

CONSENT = "consent/templates/consent.html"
ALLOWED = "consent/templates/applications.html"
LAUNCH = "consent/templates/launch.html"
MOST_FOUND = 10
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


async def show(request: Request) -> Response:
    """Give the page that says what an application asks."""
    signed_in(request)
    return await _page(request, await _asked(request), Form())


async def answer(request: Request) -> Response:
    """Search a patient, or send the person back to the application with their answer."""
    form = await read_form(request)
    account = signed_in(request)
    asked, server = await _asked(request), _server(request)
    name = request.path_params["name"]
    if form["geste"] == "refuser":
        return _leave(await server.authorizer.refuse(name))
    if form["geste"] != "accepter":
        return await _page(request, asked, form)
    if opens_data(asked.scopes):
        reader(request)
    patient = ""
    if asked.needs_patient:
        patient = await _chosen(request, form)
        if not patient:
            form.errors["q"] = _("Choisissez le patient dans la liste")
            return await _page(request, asked, form, status=422)
    session = request.state.session.identifier
    return _leave(await server.authorizer.accept(name, account.principal, session, patient))


async def applications(request: Request) -> Response:
    """Give the applications that the person allowed."""
    account = signed_in(request)
    rows: dict[str, dict[str, Any]] = {}
    for one in await _server(request).store.allowed_by(account.user):
        row = rows.setdefault(
            one.client, {"id": one.client, "name": one.name, "since": one.since, "scopes": []}
        )
        row["since"] = min(row["since"], one.since)
        row["scopes"] += one.scopes
    shown = [row | {"permissions": permissions(row["scopes"])} for row in rows.values()]
    return page(request, ALLOWED, applications=shown)


async def withdraw(request: Request) -> Response:
    """Take back all that was allowed to one application."""
    form = await read_form(request)
    account = signed_in(request)
    await _server(request).store.rows("withdraw_client", account.user, form["application"])
    return RedirectResponse("/applications", status_code=303)


async def offer(request: Request) -> Response:
    """Give the applications that can be opened on this patient."""
    reader(request)
    clients = [one for one in await _server(request).store.clients() if _opens(one)]
    patient = await _person(request, request.path_params["patient_id"])
    if patient is None:
        raise NotFound("there is no such patient")
    request.state.form_targets = " ".join(_origin(one.launch_url or "") for one in clients)
    return page(request, LAUNCH, applications=clients, person=patient)


async def launch(request: Request) -> Response:
    """Open an application on this patient, without a new search nor a new sign-in."""
    form = await read_form(request)
    account = reader(request)
    server, key = _server(request), request.path_params["patient_id"]
    client = await server.store.client(form["application"])
    if client is None or not _opens(client) or await _person(request, key) is None:
        raise NotFound("there is no such application or patient")
    name = await server.authorizer.launch(client, account.user, {"patient": f"Patient/{key}"})
    query = urlencode({"iss": server.base, "launch": name})
    joint = "&" if urlsplit(client.launch_url or "").query else "?"
    return RedirectResponse(f"{client.launch_url}{joint}{query}", status_code=303)


async def _page(request: Request, asked: Asked, form: Form, *, status: int = 200) -> Response:
    account = signed_in(request)
    request.state.form_targets = _origin(asked.redirect_uri)
    known = asked.context.get("patient", "").removeprefix("Patient/") or _own(account.principal)
    person = await _person(request, known) if known else None
    people = await _found(request, form) if asked.needs_patient and person is None else ()
    values = {
        "asked": asked, "form": form, "person": person, "people": people,
        "permissions": permissions(asked.scopes),
        "place": urlsplit(asked.redirect_uri).hostname or "",
        "is_open": account.sees_records or not opens_data(asked.scopes),
        "request_name": request.path_params["name"],
    }  # fmt: skip
    return page(request, CONSENT, status=status, **values)


async def _found(request: Request, form: Form) -> tuple[Any, ...]:
    """Patients that the person may open, as the search page finds them."""
    account = signed_in(request)
    settings, records = request.app.state.settings, request.app.state.ports.records
    today = settings.clock().date()
    query = parse_query(form["q"], today=today)
    if not account.sees_records or not form["q"] or query.is_empty or query.is_broad:
        return ()
    found = await records.find_patients(account.principal, query, limit=MOST_FOUND)
    return describe_list(found.patients, today)


async def _chosen(request: Request, form: Form) -> str:
    """`Patient/id` of the patient that was chosen, when the person may open that record."""
    own = _own(signed_in(request).principal)
    key = own or form["patient"]
    if _ID.fullmatch(key) is None or await _person(request, key) is None:
        return ""
    return f"Patient/{key}"


async def _person(request: Request, key: str) -> Any:
    """A patient in words; None where the record is not open to the person."""
    account = signed_in(request)
    if _ID.fullmatch(key) is None or not account.sees_records:
        return None
    records, settings = request.app.state.ports.records, request.app.state.settings
    rows = await records.open_record(account.principal, key, reason="application")
    if rows is None:
        return None
    return describe_list((rows.patient,), settings.clock().date())[0]


def _own(principal: Any) -> str:
    """Id of the patient that a person is, empty for a professional."""
    entity = getattr(principal, "practitioner", "") or ""
    return entity.removeprefix("Patient/") if entity.startswith("Patient/") else ""


def _opens(client: Any) -> bool:
    return client.approved and bool(client.launch_url)


def _origin(address: str) -> str:
    """Where a form may lead: the origin of an address, or its scheme for an app."""
    parts = urlsplit(address)
    if parts.scheme in {"http", "https"}:
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"


def _leave(address: str | None) -> Response:
    if address is None:
        raise NotFound("this request has ended: start again from the application")
    return RedirectResponse(address, status_code=303)


async def _asked(request: Request) -> Asked:
    asked = await _server(request).authorizer.shown(request.path_params["name"])
    if asked is None:
        raise NotFound("this request has ended: start again from the application")
    return asked


def _server(request: Request) -> AuthorizationServer:
    server = request.app.state.ports.applications
    if server is None:
        raise NotFound("there is no authorization server here")
    return server


routes = [
    Route("/autoriser/{name}", show, methods=["GET"]),
    Route("/autoriser/{name}", answer, methods=["POST"]),
    Route("/applications", applications, methods=["GET"]),
    Route("/applications", withdraw, methods=["POST"]),
    Route("/patients/{patient_id}/applications", offer, methods=["GET"]),
    Route("/patients/{patient_id}/applications", launch, methods=["POST"]),
]
