"""Who may open the pages of identities, and what their forms say."""

from __future__ import annotations

import re
from datetime import date

from starlette.requests import Request

from cordee.identity.ins.proofs import Proof, ProofKind, ProofSituation
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.identity.patients.desk import Desk
from cordee.identity.principal import IDENTITY
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound
from cordee.web.forms import Form
from cordee.web.guarding import signed_in
from cordee.web.ports import Account

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_FRENCH = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")
_LONGEST_NUMBER = 15


def desk_of(request: Request) -> Desk:
    """Give the services of identities; raises `NotFound` where there are none."""
    desk = request.app.state.ports.identities
    if desk is None:
        raise NotFound("there are no identities here")
    return desk


def professional(request: Request) -> Account:
    """Give the account, when it may search identities; raises `AccessDenied` for others."""
    account = signed_in(request)
    if account.is_patient or not (account.sees_records or is_of_cell(account)):
        raise AccessDenied("this role does not search identities")
    return account


def cell(request: Request) -> Account:
    """Give the account, when it is of the identity cell; raises `AccessDenied` for others."""
    account = signed_in(request)
    if not is_of_cell(account):
        raise AccessDenied("only the identity cell opens this page")
    return account


def is_of_cell(account: Account) -> bool:
    """Whether an account is of the identity cell."""
    return IDENTITY in getattr(account.principal, "functions", ())


def number_of(request: Request) -> int:
    """Give the number in the address; raises `NotFound` when it is none."""
    text = str(request.path_params["number"])
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise NotFound("there is nothing at this address")
    return int(text)


def patient_of(request: Request) -> str:
    """Give the patient id in the address; raises `NotFound` when it cannot be one."""
    text = str(request.path_params["patient_id"])
    if _ID.fullmatch(text) is None:
        raise NotFound("there is no such patient")
    return text


def day(text: str) -> date | None:
    """Give the day of `1961-07-14` or `14/07/1961`; None when it is none."""
    found = _FRENCH.fullmatch(text.strip())
    iso = "{2}-{1:0>2}-{0:0>2}".format(*found.groups()) if found else text.strip()
    try:
        return date.fromisoformat(iso)
    except ValueError:
        return None


def whole_number(text: str) -> int | None:
    """Give a small whole number; None when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else None  # noqa: PLR2004 -- an age


def traits_of(form: Form) -> StrictTraits:
    """Give the traits of a form as they were typed."""
    given = form["prenoms"].replace(",", " ")
    return StrictTraits(
        birth_name=form["nom"],
        first_given_name="",
        birth_given_names=" ".join(given.split()),
        birth_date=day(form["naissance"]),
        sex=sex_of(form),
        birth_place=form["lieu"],
    )


def sex_of(form: Form) -> Sex:
    """Give the sex of a form; unknown when it was not said."""
    return next((one for one in Sex if one == form["sexe"]), Sex.UNKNOWN)


def proof_of(form: Form, account: Account, today: date) -> Proof:
    """Give the document that was seen today; raises `InvalidRequest` when none was said."""
    kind = next((one for one in ProofKind if one == form["piece"]), None)
    if kind is None:
        raise InvalidRequest("Choisissez la pièce d’identité que vous avez vue.")
    situation = next((one for one in ProofSituation if one == form["situation"]), None)
    parent = next((one for one in ProofKind if one == form["piece_parent"]), None)
    return Proof(
        kind,
        today,
        account.user,
        situation=situation or ProofSituation.ORDINARY,
        parent_document=parent,
        has_vitale_photo=form["vitale"] == "oui",
    )
