"""The identity of one file: status, proofs, INSi, attributes, and what can be done about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.documents.metadata import is_what_it_says
from cordee.identity.ins.proofs import LABELS, ProofKind, ProofSituation, Scan
from cordee.identity.ins.statuses import Attribute, Status
from cordee.identity.ins.traits import FIELDS
from cordee.identity.patients.creating import is_sensitive
from cordee.identity.patients.desk import Desk
from cordee.identity.patients.light import is_light
from cordee.identity.patients.qualifying import LARGEST_SCAN, Picture
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import (
    InvalidRequest,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    TimedOut,
    Unavailable,
)
from cordee.web.documents.uploads import read_upload
from cordee.web.forms import Form, read_form
from cordee.web.identity.entrance import (
    day,
    desk_of,
    is_of_cell,
    patient_of,
    professional,
    proof_of,
    traits_of,
)
from cordee.web.identity.words import (
    HOW,
    OUTCOMES,
    alerts,
    moment,
    named,
    person_of,
    proof_label,
    status_label,
)
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.rendering import page

TEMPLATE = "identity/templates/file.html"
MIXED_SINCE = timedelta(days=30)
SITUATIONS = {
    ProofSituation.ORDINARY: _("situation ordinaire"),
    ProofSituation.MINOR: _("mineur, avec la pièce d’un parent"),
    ProofSituation.NURSING_HOME_ADMISSION: _("entrée directe en EHPAD"),
    ProofSituation.CHILD_IN_CARE: _("enfant confié"),
}
_REFUSALS = (InvalidRequest, ResourceInvalid, RuleBroken, TimedOut, Unavailable)


async def show(request: Request) -> Response:
    """Give the identity of a file."""
    professional(request)
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Do what the form says, then show the identity again."""
    form, picture = await _read(request)
    account, patient = professional(request), patient_of(request)
    await desk_of(request).need_reach(account.principal, patient)
    try:
        place = await _do(request, form, patient, picture)
    except NotFound:
        form.errors["gestes"] = _("Aucun dossier ne porte ce numéro.")
        return await _page(request, form, status=422)
    except _REFUSALS as error:
        form.errors["gestes"] = error.message
        return await _page(request, form, status=422)
    return RedirectResponse(place or f"/patients/{patient}/identite", status_code=303)


@dataclass(frozen=True, slots=True)
class _Act:
    """One gesture on one file."""

    desk: Desk
    account: Account
    patient: str
    form: Form
    now: datetime
    picture: Picture | None


async def _read(request: Request) -> tuple[Form, Picture | None]:
    """Give the form, and the picture where one was chosen; raises `AccessDenied`."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await read_form(request), None
    upload = await read_upload(request, largest=LARGEST_SCAN)
    data, media = upload.content.data, upload.content.media
    known = media if is_what_it_says(media, data) else "application/octet-stream"
    return upload.form, Picture(known, data) if data else None


async def _do(request: Request, form: Form, patient: str, picture: Picture | None) -> str | None:
    """Address of the page that comes next, None for the same one."""
    gesture = _GESTURES.get(form["geste"])
    if gesture is None:
        raise InvalidRequest(_("Ce geste n’est pas connu."))
    now = request.app.state.settings.clock()
    account = professional(request)
    return await gesture(_Act(desk_of(request), account, patient, form, now, picture))


async def _make_ordinary(act: _Act) -> None:
    wished = act.form["souhait"] == "oui"
    traits = traits_of(act.form)
    await act.desk.light.make_ordinary(act.account.principal, act.patient, traits, wished=wished)


async def _ask(act: _Act) -> None:
    sheet = await act.desk.sheet(act.account.principal, act.patient)
    if is_light(sheet.file.patient):
        raise RuleBroken(_("L’INSi n’est pas interrogé pour un dossier léger."))
    if act.desk.caller is None:
        raise RuleBroken(_("L’INSi n’est pas relié à cette installation."))
    await act.desk.caller.ask(act.patient, act.account.user)
    await act.desk.caller.call_due()


async def _accept(act: _Act) -> None:
    fields = frozenset(one for one in FIELDS if act.form[f"accepte-{one}"])
    await act.desk.qualifying.accept(act.account.principal, act.patient, fields)


async def _prove(act: _Act) -> None:
    proof = proof_of(act.form, act.account, act.now.date())
    keeps = act.form["copie"] == "oui"  # a file alone is not kept
    if keeps:
        purge = day(act.form["purge"])
        if act.picture is None or purge is None:
            raise RuleBroken(_("Pour garder une copie, choisissez le fichier et sa date de purge."))
        proof = replace(proof, scan=Scan("identity_scan", purge))
    picture = act.picture if keeps else None
    await act.desk.qualifying.prove(act.account.principal, act.patient, proof, picture)


async def _doubt(act: _Act) -> None:
    await act.desk.qualifying.doubt(act.account.principal, act.patient, act.form["raison"])


async def _mark(act: _Act) -> None:
    said = (_attribute(act.form), act.form["raison"])
    await act.desk.qualifying.mark(act.account.principal, act.patient, *said)


async def _unmark(act: _Act) -> None:
    said = (_attribute(act.form), act.form["raison"])
    await act.desk.qualifying.unmark(act.account.principal, act.patient, *said)


async def _reconcile(act: _Act) -> None:
    await act.desk.creation.reconcile(act.account.principal, act.patient, traits_of(act.form))


async def _compare(act: _Act) -> str:
    number = await act.desk.worklist.compare(
        act.account.principal, act.patient, act.form["autre"].strip()
    )
    return f"/identites/taches/{number}"


async def _freeze(act: _Act) -> str:
    since = day(act.form["depuis"])
    start = datetime.combine(since, time(), PARIS) if since else act.now - MIXED_SINCE
    number = await act.desk.colliding.open(
        act.account.principal, act.patient, start, act.form["raison"]
    )
    return f"/identites/collisions/{number}"


_GESTURES: dict[str, Callable[[_Act], Awaitable[str | None]]] = {
    "comparer": _compare,
    "insi": _ask,
    "accepter": _accept,
    "piece": _prove,
    "doute": _doubt,
    "marquer": _mark,
    "demarquer": _unmark,
    "retrouver": _reconcile,
    "ordinaire": _make_ordinary,
    "collision": _freeze,
}


def _attribute(form: Form) -> Attribute:
    found = next((one for one in Attribute if one == form["attribut"]), None)
    if found is None:
        raise InvalidRequest(_("Cet attribut n’est pas connu."))
    return found


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk = professional(request), desk_of(request)
    sheet = await desk.sheet(account.principal, patient_of(request))
    today = request.app.state.settings.clock().date()
    identity = sheet.file.identity
    users = [one["by"] for one in sheet.steps] + [one["checked_by"] for one in sheet.proofs]
    names = await named(request.app.state.ports.accounts, users)
    values = {
        "form": form,
        "person": person_of(sheet.file, today),
        "alerts": alerts(sheet.file.patient),
        "identity_": identity,
        "is_fictive": Attribute.FICTIVE in identity.attributes,
        "is_alias": is_sensitive(sheet.file.patient) or is_light(sheet.file.patient),
        "is_light": is_light(sheet.file.patient),
        "is_untrusted": identity.is_untrusted,
        "may_prove": identity.status in (Status.PROV, Status.RECUP) and not identity.is_untrusted,
        "may_ask": desk.caller is not None
        and not identity.is_untrusted
        and not is_light(sheet.file.patient),
        "is_cell": is_of_cell(account),
        "opens_record": account.sees_records,
        "kinds": [(one.value, _(LABELS[one])) for one in ProofKind],
        "situations": [(one.value, text) for one, text in SITUATIONS.items()],
        "steps": [
            (moment(one["at"]), status_label(one["before"]), status_label(one["after"]),
             HOW.get(one["how"], one["how"]), one["note"], names[one["by"]])
            for one in sheet.steps
        ],
        "proofs": [
            (proof_label(one["kind"]), one["checked_on"], names[one["checked_by"]], one["purge_on"],
             one["has_scan"])
            for one in sheet.proofs
        ],
        "calls": [
            (moment(one["at"]), OUTCOMES.get(one["outcome"], one["outcome"]), one["sentence"])
            for one in sheet.calls
        ],
        "differs": bool(sheet.calls) and sheet.calls[0]["outcome"] == "differs",
    }  # fmt: skip
    return page(request, TEMPLATE, status=status, **values)


routes = [
    Route("/patients/{patient_id}/identite", show, methods=["GET"]),
    Route("/patients/{patient_id}/identite", act, methods=["POST"]),
]
