"""Who may open the pages of documents, and what their addresses name."""

from __future__ import annotations

import re

from starlette.requests import Request

from cordee.care.documents.desk import DocumentDesk
from cordee.care.documents.opening import Reader
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.guarding import reader
from cordee.web.ports import Account

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def desk_of(request: Request) -> DocumentDesk:
    """Give the services of documents; raises `NotFound` where there are none."""
    desk: DocumentDesk | None = request.app.state.ports.documents
    if desk is None:
        raise NotFound("there are no documents here")
    return desk


def depositor(request: Request) -> Account:
    """Give the account, when it may hand in documents; raises `AccessDenied` for others."""
    account = reader(request)
    if account.is_patient:
        raise AccessDenied("only professionals hand in documents")
    return account


def names_of(request: Request) -> tuple[str, str]:
    """Give patient and document of the address; raises `NotFound` when they cannot be any."""
    patient, document = request.path_params["patient_id"], request.path_params.get("number", "-")
    if not (_ID.fullmatch(patient) and _ID.fullmatch(document)):
        raise NotFound("there is nothing at this address")
    return patient, document


def reader_of(request: Request) -> Reader:
    """Give who reads, with their session."""
    return Reader(reader(request).principal, request.state.session.identifier)
