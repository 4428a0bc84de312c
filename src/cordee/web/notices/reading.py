"""The notices of the signed-in person in words, and the button that says that they were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.noticing import Shown
from cordee.access.registers.notices import What
from cordee.care.record.traits import read_traits
from cordee.runtime import french
from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.trust import trust_of

_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: what happened, where to read more."""

    number: int
    title: str
    text: str
    words: str
    href: str
    link: str


async def notices_of(request: Request) -> tuple[Told, ...]:
    """Give what the signed-in person has not read yet, the newest first."""
    trust, account = request.app.state.ports.trust, signed_in(request)
    if trust is None:
        return ()
    now = request.app.state.settings.clock()
    asked = await _asked(request)
    found = await trust.noticing.unread(account.principal, now)
    if not found:
        return asked
    known = await request.app.state.ports.accounts.known({one.told.who for one in found})
    names = {user: f"{one.name}, {one.role}, {one.structure}" for user, one in known.items()}
    today = now.date()
    told = (_told(one, names.get(one.told.who) or one.told.who, today) for one in found)
    return (*asked, *told)


async def _asked(request: Request) -> tuple[Told, ...]:
    """Give what the signed-in patient is asked to answer, if they are one."""
    account = signed_in(request)
    if not account.is_patient:
        return ()
    now = request.app.state.settings.clock()
    waiting = await request.app.state.ports.trust.consulting.waiting(account.principal, now)
    known = await request.app.state.ports.accounts.known({one.agent for one in waiting})
    names = {user: one.name for user, one in known.items()}
    return tuple(
        Told(
            0, _("On vous demande votre accord."),
            _("%s veut ouvrir votre dossier pour une consultation.")
            % names.get(one.agent, one.agent),
            "", "/mes-choix", _("Répondre"),
        )
        for one in waiting
    )  # fmt: skip


def _told(shown: Shown, who: str, today: date) -> Told:
    told = shown.told
    mine = told.patient and shown.patient is None
    day = _("le %(day)s à %(hour)s") % {
        "day": french.short_date(told.at.astimezone(french.PARIS)),
        "hour": french.clock(told.at.astimezone(french.PARIS)),
    }
    whose = _("Votre dossier") if mine else _("Le dossier de %s") % _name(shown, today)
    href = "/mes-acces" if mine else f"/patients/{told.patient}"
    link = _("Voir cet accès") if mine else _("Ouvrir le dossier")
    match told.what:
        case What.GLASS_OPENED:
            text = _("%(whose)s a été ouvert %(day)s par %(who)s, hors du cercle de soins.")
            title = _("Un accès exceptionnel a eu lieu.")
        case What.GLASS_REVIEWED:
            title = _("Un accès exceptionnel a été relu.")
            text = (
                _("Le délégué à la protection des données le juge justifié.")
                if told.justified
                else _("Le délégué à la protection des données le juge non justifié.")
            )
        case What.CONTEST_ANSWERED:
            title = _("Vous avez une réponse à un signalement.")
            text = _("Le délégué à la protection des données vous a répondu.")
        case What.DEFERRAL_SOON:
            title = _("Un résultat attend d’être annoncé.")
            text = _("%(whose)s : un résultat différé sera bientôt visible par la personne.")
        case What.MANDATE_TAKEN:
            title, text = _("Un proche a accepté."), _("Vous pouvez voir ce qui lui est ouvert.")
            href, link = "/mes-proches", _("Mes proches")
        case What.MANDATE_ENDED:
            title = _("Un accès vous a été retiré.")
            text = _("Vous n’agissez plus pour l’une des personnes que vous accompagnez.")
            href, link = "/mes-proches", _("Mes proches")
        case _:
            title = _("Un élément de votre dossier est maintenant visible.")
            text = _("Il attendait d’être annoncé.")
            href, link = "/", _("Accueil")
    values = {"whose": whose, "day": day, "who": who}
    words = told.words if told.what == What.GLASS_OPENED else ""
    return Told(told.n, title, text % values if "%(" in text else text, words, href, link)


def _name(shown: Shown, today: date) -> str:
    if shown.patient is None:
        return _("une personne")
    return describe(read_traits(shown.patient), today).title


async def read(request: Request) -> Response:
    """Mark a notice as read."""
    form = await read_form(request)
    account, number = signed_in(request), form["numero"]
    if number.isdecimal() and len(number) <= _LONGEST_NUMBER:
        now = request.app.state.settings.clock()
        await trust_of(request).noticing.read(account.principal, int(number), now)
    return RedirectResponse("/", status_code=303)


routes = [Route("/avis", read, methods=["POST"], name="notices")]
