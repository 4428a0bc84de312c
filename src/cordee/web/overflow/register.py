"""The register of conventions: read, proposed in versions, signed by both ends. Rule: C2.2."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.overflow.conventions import TRIGGERS, UNANSWERED, Terms, Window
from cordee.care.overflow.desk import centre_of
from cordee.care.overflow.reciprocity import Balance
from cordee.care.overflow.register import Entry, key_of
from cordee.care.overflow.transfers import Actor
from cordee.identity.principal import REGULATION, STEERING, Principal
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, ProductError
from cordee.web.forms import Form, day_of, put_errors, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.overflow.live import desk_of
from cordee.web.overflow.simulation import conventions_of
from cordee.web.overflow.words import centre_name, decimal, moment
from cordee.web.regulation.entrance import floor_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

PATH: Final = "/regulation/conventions"
PAGE: Final = "overflow/templates/conventions.html"
_FIELDS: Final = {
    "share": "part", "start": "seuil", "stop": "arret", "priorities": "conseil", "hours": "debut",
    "triggers": "qui-regulateur", "cap_hours": "plafond", "to_day": "fin-jour",
}  # fmt: skip
_PHYSICIAN: Final = "10"


async def show(request: Request) -> Response:
    """Give the register; also as CSV."""
    return await _page(request, Form({"part": "20", "seuil": "0,60", "arret": "0,60",
                                      "plafond": "40", "debut": "00:00", "fin": "00:00",
                                      "conseil": "oui", "p2": "oui", "p3": "oui",
                                      "qui-regulateur": "oui"}))  # fmt: skip


async def export(request: Request) -> Response:
    """Give the versions of the register as CSV."""
    found = await conventions_of(request).entries(_scope(_principal(request)))
    head = [
        _("Convention"), _("Version"), _("Part %"), _("Déclenchement"), _("Arrêt"), _("Appels"),
        _("Plafond h"), _("Signée par"), _("Proposée le"),
    ]  # fmt: skip
    rows = [
        [e.convention.id, e.convention.version, e.convention.terms.share, e.convention.terms.start,
         e.convention.terms.stop, " ".join(sorted(e.convention.terms.priorities)).strip(),
         e.convention.terms.cap_hours, ", ".join(e.convention.signed), e.proposed.isoformat()]
        for e in found
    ]  # fmt: skip
    return spreadsheet("conventions-delestage.csv", head, rows)


async def act(request: Request) -> Response:
    """Propose a version, or sign one; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal = _principal(request)
    centre, now = centre_of(principal), request.app.state.settings.clock()
    by, desk = Actor(principal.user, principal.name), conventions_of(request)
    try:
        if principal.profession != _PHYSICIAN:
            raise AccessDenied(_("Un médecin régulateur propose et signe pour son centre."))
        if sent["geste"] == "signer":
            await desk.sign(sent["convention"], _whole(sent["version"]), centre, by, now)
        else:
            other = sent["voisin"]
            if other not in await _others(request, centre):
                raise Conflict(_("Choisissez le centre voisin."))
            key = key_of(centre, other)
            known = [e.convention.version for e in await desk.entries(centre)
                     if e.convention.id == key]  # fmt: skip
            terms = _terms(sent, (centre, other))
            await desk.propose((centre, other), terms, max(known, default=0), by, now)
    except NotFound:
        raise
    except ProductError as error:
        status = put_errors(sent, error, _FIELDS, "part")
        return await _page(request, sent, status=status)
    return RedirectResponse(PATH, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal = _principal(request)
    scope = _scope(principal)
    found = await conventions_of(request).entries(scope)
    today = request.app.state.settings.clock().date()
    newest: dict[str, Entry] = {}
    signed: dict[str, Entry] = {}
    for one in found:
        newest.setdefault(one.convention.id, one)
        if one.convention.is_signed:
            signed.setdefault(one.convention.id, one)
    balances = [
        _balance(one, await desk_of(request).balance(one.convention, today))
        for one in signed.values()
    ]
    return page(
        request, PAGE, status=status, form=form,
        entries=[_entry(one, scope, newest) for one in found], balances=balances,
        triggers=[(f"qui-{code}", _(text)) for code, text in TRIGGERS.items()],
        others=[(key, centre_name(key)) for key in await _others(request, scope)],
        may_sign=principal.profession == _PHYSICIAN and scope is not None,
    )  # fmt: skip


def _entry(one: Entry, scope: str | None, newest: dict[str, Entry]) -> dict[str, Any]:
    convention, terms = one.convention, one.convention.terms
    kinds = [_("non décrochés") if p == UNANSWERED else p for p in sorted(terms.priorities)]
    window = terms.hours[0]
    hours = (
        _("à toute heure") if window.begins == window.ends
        else f"{window.begins:%H:%M} – {window.ends:%H:%M}"
    )  # fmt: skip
    is_newest = newest[convention.id] is one
    return {
        "key": convention.id, "version": convention.version, "is_newest": is_newest,
        "name": f"{centre_name(convention.first)} – {centre_name(convention.second)}",
        "share": terms.share, "start": decimal(terms.start), "stop": decimal(terms.stop),
        "kinds": ", ".join(kinds), "hours": hours, "cap": terms.cap_hours,
        "motives": ", ".join(terms.motives) or _("tous"),
        "triggers": ", ".join(_(TRIGGERS[one]) for one in sorted(terms.triggers)),
        "automatic": convention.is_automatic,
        "signed": [(centre_name(key), name) for key, name in sorted(convention.signed.items())],
        "is_signed": convention.is_signed,
        "by": one.proposed_name, "at": moment(one.proposed),
        "signs": is_newest and scope is not None and scope not in convention.signed,
        "simulation": one.simulation,
        "fall": round(100 * float(one.simulation["fall"])) if one.simulation else 0,
    }  # fmt: skip


def _balance(one: Entry, found: Balance) -> dict[str, Any]:
    """The bars of reciprocity, by month."""
    most = max([1.0, *(m.given for m in found.months), *(m.taken for m in found.months)])
    first, second = centre_name(one.convention.first), centre_name(one.convention.second)
    owed = decimal(abs(found.owed), 1)
    debtor, creditor = (first, second) if found.owed >= 0 else (second, first)
    return {
        "key": one.convention.id, "first": first, "second": second,
        "height": 24 + 22 * len(found.months), "cap": found.cap_hours, "is_over": found.is_over,
        "sum": _("%(a)s a confié %(n)s h, %(b)s en a confié %(m)s.") % {
            "a": first, "b": second, "n": decimal(found.given, 1), "m": decimal(found.taken, 1),
        },
        "owes": _("%(a)s doit %(n)s h à %(b)s.") % {"a": debtor, "b": creditor, "n": owed}
        if found.owed else _("Les deux centres sont quittes."),
        "months": [
            {"name": f"{month.first:%m/%Y}",
             "y": 22 + 22 * n, "given": decimal(month.given, 1), "taken": decimal(month.taken, 1),
             "left": round(130 * month.given / most, 1),
             "right": round(130 * month.taken / most, 1)}
            for n, month in enumerate(found.months)
        ],
    }  # fmt: skip


def _terms(sent: Form, ends: tuple[str, str]) -> Terms:
    kinds = {UNANSWERED} if sent["conseil"] else set[str]()
    kinds |= {p.upper() for p in ("p1", "p2", "p3") if sent[p]}
    begins, ends_at = _hour(sent["debut"]), _hour(sent["fin"])
    return replace(
        Terms(),
        share=_whole(sent["part"]), start=_decimal(sent["seuil"]), stop=_decimal(sent["arret"]),
        priorities=frozenset(kinds),
        motives=tuple(sent["motifs"].upper().replace(",", " ").split()),
        hours=(Window(tuple(range(7)), begins, ends_at),) if begins and ends_at else (),
        triggers=frozenset(code for code in TRIGGERS if sent[f"qui-{code}"]),
        automatic=frozenset(ends) if sent["automatique"] else frozenset(),
        cap_hours=_whole(sent["plafond"]), from_day=day_of(sent["debut-jour"]),
        to_day=day_of(sent["fin-jour"]),
    )  # fmt: skip


def _principal(request: Request) -> Principal:
    principal: Principal = signed_in(request).principal
    if not {REGULATION, STEERING} & set(principal.functions):
        raise NotFound("there is no register here")
    return principal


def _scope(principal: Principal) -> str | None:
    return None if STEERING in principal.functions else centre_of(principal)


async def _others(request: Request, centre: str | None) -> list[str]:
    """The other centres: of this installation, and those that the Hub reaches."""
    known = await floor_of(request).desk.centres.all()
    away = await conventions_of(request).away()
    return sorted({one for one in known if one != centre} | set(away))


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0  # noqa: PLR2004


def _decimal(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return 0.0


def _hour(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None
