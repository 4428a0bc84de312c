"""What the people of the demonstration say to each other: threads, notes, an invitation.

Written by the services themselves, in the name of each, once the region is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from cordee.app.accounts import principal_of
from cordee.app.circles import circle_desk, ring_of
from cordee.app.messages import message_desk
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.region.members import member
from cordee.app.store import KernelStore
from cordee.care.circle.inviting import Offer
from cordee.care.circle.steps import Register, Step
from cordee.care.liaison.notes import PROFESSIONALS, Note, Notes
from cordee.care.messaging.writing import Draft
from cordee.identity.principal import Principal
from cordee.runtime.clock import now

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

GP, NURSE, HOME_NURSE = "dr.legoff", "samira.haddad", "claire.weber"
DAC, COORDINATOR = "helene.costa", "paul.rey"
YVONNE, YANN = "yvonne-morvan", "yann-kerbrat"


@dataclass(frozen=True, slots=True)
class _Said:
    user: str
    hours_ago: float
    words: str
    within: int | None = None


@dataclass(frozen=True, slots=True)
class _Talk:
    patient: str
    subject: str
    members: tuple[str, ...]
    said: tuple[_Said, ...]
    unread_by: str = ""


TALKS: Final = (
    _Talk(
        YVONNE, "Anticoagulant après la chute", (GP, HOME_NURSE, DAC),
        (
            _Said(HOME_NURSE, 9, "Mme Morvan dort, pupilles égales, tension 148/82 mmHg. Faut-il"
                  " donner l’apixaban de 8 h ?"),
            _Said(GP, 7.3, "Oui, même dose. Clairance à 38 : je revois la dose ce soir."),
            _Said(HOME_NURSE, 7, "Donné à 8 h 10. @Hélène, la chambre est vue avant vendredi ?"),
            _Said(DAC, 5, "Ergothérapeute jeudi à 14 h, je préviens son fils."),
        ),
    ),
    _Talk(
        YANN, "Plaie du talon droit", (GP, NURSE),
        (
            _Said(NURSE, 26, "Plaie de 2 cm, bords propres, peu d’exsudat. Pansement tous les deux"
                  " jours comme prescrit."),
            _Said(GP, 25, "Merci. Photo au prochain passage, et dites-moi s’il a de la fièvre."),
            _Said(NURSE, 1, "37,8 °C ce matin, rougeur de 3 cm autour. Je repasse à 17 h :"
                  " prélèvement ?", 4),
        ),
        unread_by=GP,
    ),
)  # fmt: skip
NOTES: Final = (
    (YVONNE, HOME_NURSE, 20.0, Note("transmission", "A marché jusqu’à la salle à manger avec le"
     " déambulateur. A mangé la moitié du repas.")),
    (YVONNE, HOME_NURSE, 6.0, Note("surveillance", "Somnolence, tension et pupilles toutes les"
     " quatre heures jusqu’à demain matin.", PROFESSIONALS, is_urgent=True)),
    (YANN, NURSE, 26.0, Note("organisation", "Passage à 8 h les jours de pansement ; la clé est"
     " chez la voisine.", PROFESSIONALS)),
)  # fmt: skip


async def make_talks(parts: Parts) -> None:
    """Writes threads, notes and what circles went through, as each person would have."""
    at = now()
    await _tell_circles(parts, at)
    for talk in TALKS:
        await _talk(parts, talk, at)
    notes = Notes(parts.database, KernelStore(parts.kernel, parts.guard))
    for patient, user, ago, note in NOTES:
        await notes.write(_who(user), patient, note, at - timedelta(hours=ago))


async def _tell_circles(parts: Parts, at: datetime) -> None:
    """How the circles began, and who is invited and has not answered."""
    desk = circle_desk(parts)
    register = Register(parts.kernel.keys, lambda: ring_of(parts.kernel))
    for patient, user, days, reason in (
        (YVONNE, DAC, 640, "frailty"),
        (YANN, COORDINATOR, 9, "discharge"),
    ):
        began = at - timedelta(days=days)
        circle = await desk.opening.active(patient, at)
        said = (began.date(), "presence", "patient")
        steps = [
            Step(circle, patient, "opened", reason=reason),
            *(
                Step(circle, patient, word, channel=said[1], said_by=said[2], said_on=said[0])
                for word in ("informed", "not-opposed")
            ),
        ]
        async with parts.database.transaction() as connection:
            await register.add(connection, _who(user), steps, began)
    substitute = member("bernard-roux")
    offer = Offer(
        f"Practitioner/{substitute.identity}", substitute.name, "physician", at,
        ends=at + timedelta(days=30), structure="Organization/cabinet-roux",
    )  # fmt: skip
    await desk.inviting.invite(_who(GP), YANN, offer, at - timedelta(hours=20))


async def _talk(parts: Parts, talk: _Talk, at: datetime) -> None:
    desk = message_desk(parts)
    number = _number(talk.subject)
    people = {user: _who(user) for user in talk.members}
    members = [one.practitioner for one in people.values()]
    first = talk.said[0]
    started = at - timedelta(hours=first.hours_ago)
    about = (talk.patient, talk.subject)
    await desk.writing.start(people[first.user], number, about, members, started)
    for i, one in enumerate(talk.said):
        moment = at - timedelta(hours=one.hours_ago)
        draft = Draft(_number(f"{talk.subject} {i}"), one.words, hours=one.within)
        if i == len(talk.said) - 1 and talk.unread_by:
            await _read(parts, number, people, moment)
        await desk.writing.write(people[one.user], number, draft, moment)
    if not talk.unread_by:
        await _read(parts, number, people, at)


async def _read(parts: Parts, number: UUID, people: dict[str, Principal], at: datetime) -> None:
    reading = message_desk(parts).reading
    for one in people.values():
        thread = await reading.own(one, number)
        await reading.read(one, thread, thread.changes, at)


def _who(user: str) -> Principal:
    return principal_of(next(one for one in DEMO_ACCOUNTS if one.user == user))


def _number(text: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"cordee talk {text}")
