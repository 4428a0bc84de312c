"""Search a person before a file is made, then make it: ordinary, unknown, or under an alias."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.matching.people import Person
from cordee.identity.patients.creating import Sensitive, Told
from cordee.identity.patients.light import Received
from cordee.runtime.errors import InvalidRequest, ProductError, ResourceInvalid, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.identity.entrance import (
    day,
    desk_of,
    is_of_cell,
    professional,
    sex_of,
    traits_of,
    whole_number,
)
from cordee.web.identity.words import found
from cordee.web.language import gettext as _
from cordee.web.rendering import page

SEARCH = "identity/templates/search.html"
CREATE = "identity/templates/create.html"
MODES = {
    Sensitive.SECRET_BIRTH: _("Accouchement secret"),
    Sensitive.PRISONER: _("Personne détenue"),
    Sensitive.PROMINENT: _("Personne exposée"),
    Sensitive.ANONYMOUS_CARE: _("Soins anonymes"),
}
_REFUSALS = (InvalidRequest, ResourceInvalid, RuleBroken)


async def show(request: Request) -> Response:
    """Give the empty search."""
    account = professional(request)
    return page(request, SEARCH, form=Form(), people=None, is_cell=is_of_cell(account), modes=MODES)


async def search(request: Request) -> Response:
    """Give the files that may be of this person, from the whole region."""
    form = await read_form(request)
    account, desk = professional(request), desk_of(request)
    asked = Person(
        birth_name=form["nom"],
        given_names=form["prenoms"],
        birth_date=(born.isoformat() if (born := day(form["naissance"])) else ""),
        sex=form["sexe"] if form["sexe"] in {"F", "M"} else "",
        matricule="".join(form["ins"].split()),
    )
    people, status = None, 200
    try:
        scope = await desk.scope(account.principal)
        today = request.app.state.settings.clock().date()
        people = found(await desk.finder.find(scope, asked), today)
    except InvalidRequest as error:
        form.errors["nom"] = error.message
        status = 422
    return page(
        request, SEARCH, status=status, form=form, people=people, is_cell=is_of_cell(account),
        modes=MODES,
    )  # fmt: skip


async def create(request: Request) -> Response:
    """Ask for what is known of the person, then make the file."""
    form = await read_form(request)
    account, desk = professional(request), desk_of(request)
    if form["geste"] != "creer":
        return page(request, CREATE, form=form)
    told = Told(
        traits_of(form),
        form["nom_utilise"],
        form["telephone"],
        form["commune"],
        form["code_postal"],
    )
    try:
        scope = await desk.scope(account.principal)
        file = await desk.creation.create(account.principal, scope, told)
    except _REFUSALS as error:
        return _again(request, form, error)
    return RedirectResponse(f"/patients/{file.id}/identite", status_code=303)


async def unknown(request: Request) -> Response:
    """Make the file of somebody whose name nobody knows."""
    form = await read_form(request)
    account, desk = professional(request), desk_of(request)
    age = whole_number(form["age"])
    if age is None:
        form.errors["age"] = _("Donnez un âge approximatif, en années")
        return _search_again(request, form)
    try:
        mode = Sensitive(form["mode"]) if form["mode"] else None
        if mode is None:
            file = await desk.creation.create_unknown(account.principal, sex_of(form), age)
        else:
            file = await desk.creation.create_sensitive(account.principal, mode, sex_of(form), age)
    except (*_REFUSALS, ValueError) as error:
        form.errors["age"] = error.message if isinstance(error, ProductError) else _("Mode inconnu")
        return _search_again(request, form)
    return RedirectResponse(f"/patients/{file.id}/identite", status_code=303)


async def light(request: Request) -> Response:
    """Make the light file of somebody who is received, lodged or helped."""
    form = await read_form(request)
    account, desk = professional(request), desk_of(request)
    received = Received(form["pseudonyme"], sex_of(form), whole_number(form["age_leger"]))
    try:
        file = await desk.light.create(account.principal, received)
    except _REFUSALS as error:
        form.errors["pseudonyme"] = error.message
        return _search_again(request, form)
    return RedirectResponse(f"/patients/{file.id}/identite", status_code=303)


def _search_again(request: Request, form: Form) -> Response:
    account = professional(request)
    return page(
        request, SEARCH, status=422, form=form, people=None, is_cell=is_of_cell(account),
        modes=MODES,
    )  # fmt: skip


def _again(request: Request, form: Form, error: ProductError) -> Response:
    for issue in error.issues():
        name = next((_FIELDS[one] for one in issue.expression if one in _FIELDS), "nom")
        form.errors[name] = issue.message
    return page(request, CREATE, status=422, form=form)


_FIELDS = {
    "Patient.name.family": "nom",
    "Patient.name.given": "prenoms",
    "Patient.name.extension": "prenoms",
    "Patient.birthDate": "naissance",
    "Patient.extension": "lieu",
}
routes = [
    Route("/identites/recherche", show, methods=["GET"]),
    Route("/identites/recherche", search, methods=["POST"]),
    Route("/identites/creation", create, methods=["POST"]),
    Route("/identites/inconnu", unknown, methods=["POST"]),
    Route("/identites/leger", light, methods=["POST"]),
]
