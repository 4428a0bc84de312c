"""The plans of the demonstration, made by its people through the doors of everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.demo_work import account
from cordee.app.plans import plans, rounds
from cordee.app.wiring import Parts
from cordee.care.plans.acts import DAYS, Act
from cordee.care.plans.desk import Plans
from cordee.care.plans.plan import Action, Call, Plan
from cordee.care.plans.writing import Said
from cordee.care.workflow.tasks import Wanted
from cordee.fhir.store.journal import publish
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import ProductError

TREATED: Final = "yann-kerbrat"
REFERENT: Final = "dr.legoff"
NURSE: Final = "Practitioner/samira-haddad"
_ACTS: Final = (
    ("Pilulier : préparation de la semaine", ("mon",), ("MORN",)),
    ("Prise de la tension et du poids", ("mon", "wed", "fri", "sun"), ("MORN",)),
    ("Pansement de la jambe", tuple(DAYS), ("MORN",)),
)


@dataclass(frozen=True, slots=True)
class _Case:
    """A plan: whose, from which template; `actions` are (what, kind, who, in how many days)."""

    patient: str
    template: str
    title: str
    words: str
    habits: str
    calls: tuple[Call, ...]
    actions: tuple[tuple[str, str, str, int], ...]


_CASES: Final = (
    _Case(
        "odette-lemoine", "aidant", "Souffler un peu, rester chez soi",
        "Rester dans ma maison avec mon chat, et que mon fils puisse partir une semaine sans "
        "s’inquiéter.",
        "Se lève à 6 h, mange peu le soir. Ne veut pas de passage après 19 h.",
        (
            Call("Samira Haddad, infirmière", "03 59 00 12 40", "Chute, plaie, confusion"),
            Call("Dr Anne Le Goff, médecin traitant", "03 59 00 11 20", "Fièvre, essoufflement"),
            Call("SAMU", "15", "Malaise, douleur dans la poitrine"),
        ),
        (
            ("Écouter l’aidant et évaluer sa charge", "prevention", NURSE, 12),
            ("Accueil de jour ou relais à domicile", "aidant", "Organization/dac-a", 25),
            ("Bilan partagé de médication", "prevention", "Practitioner/linh-tran", 30),
        ),
    ),
    _Case(
        "yvonne-morvan", "fragile", "Marcher sans peur aux Tilleuls",
        "Descendre seule au jardin, et ne pas retourner à l’hôpital pour rien.",
        "Se couche tard. Ses lunettes et son appareil auditif la nuit aussi.",
        (
            Call("Infirmière d’astreinte des Tilleuls", "03 59 00 21 07", "Chute, confusion"),
            Call("Marc Lefort, son fils", "06 00 00 21 40", "Tout passage à l’hôpital"),
            Call("SAMU", "15", "Choc à la tête : elle prend un anticoagulant"),
        ),
        (
            ("Passage d’un ergothérapeute dans la chambre", "prevention", "Organization/dac-a", 20),
            ("Bilan partagé de médication", "prevention", "Practitioner/linh-tran", 30),
        ),
    ),
    _Case(
        "jeanne-bertin", "diabete-pied", "Garder mes pieds et mon jardin",
        "Jardiner debout tout l’été, et comprendre ce que je mange.",
        "Travaille à mi-temps le matin. Préfère qu’on l’appelle l’après-midi.",
        (
            Call("Samira Haddad, infirmière", "03 59 00 12 40", "Plaie ou rougeur du pied"),
            Call("Dr Anne Le Goff, médecin traitant", "03 59 00 11 20", "Fièvre, malaise"),
        ),
        (
            ("Regarder mes pieds chaque soir", "education", "Patient/jeanne-bertin", 60),
            ("Pansement et surveillance du pied", "prevention", NURSE, 14),
        ),
    ),
)  # fmt: skip


async def begin_plans(parts: Parts) -> None:
    """Makes validated plans once; what its people may not do is left."""
    desk = plans(parts.database, parts.kernel, parts.guard)
    doctor = account(REFERENT)
    try:
        for case in _CASES:
            if any(one.task for one in await desk.of_patient(doctor, case.patient)):
                return
            await _make(parts, desk, doctor, case)
        await _plan_acts(parts, doctor)
    except ProductError as error:
        structlog.get_logger().warning("demo_plan_left", slug=error.slug)


async def _make(parts: Parts, desk: Plans, doctor: Principal, case: _Case) -> None:
    today = clock.today()
    review = (today + timedelta(days=60)).isoformat()
    said = Said(case.title, case.words, case.habits, review, case.calls)
    number = str(uuid5(NAMESPACE_URL, f"plan/{case.patient}"))
    key = await desk.begin(doctor, case.patient, number, said, case.template)

    async def plan() -> Plan:
        await publish(parts.database)
        return await desk.one(doctor, case.patient, key)

    for text, kind, owner, days in case.actions:
        made = await plan()
        due = (today + timedelta(days=days)).isoformat()
        action = Action("", text, made.goals[0].key, kind, due, "", owner, "", "", (), {})
        await desk.add_action(doctor, made, action)
    agreed = {"agreement": "person", "agreement-date": today.isoformat()}
    await desk.move(doctor, await plan(), Wanted("propose"))
    said_by_doctor = "none"
    made = await plan()
    if made.opinion is not None:
        await desk.answer(doctor, made, Wanted("agree"))
        said_by_doctor = "agreed"
    for wanted in (Wanted("validate", {"attending": said_by_doctor, **agreed}), Wanted("begin")):
        await desk.move(doctor, await plan(), wanted)
    await publish(parts.database)


async def _plan_acts(parts: Parts, doctor: Principal) -> None:
    """Acts of the nurse, some of the last days noted."""
    desk, today = rounds(parts.database, parts.kernel, parts.guard), clock.today()
    start = (today - timedelta(days=6)).isoformat()
    for text, days, moments in _ACTS:
        number = str(uuid5(NAMESPACE_URL, f"acte/{TREATED}/{text}"))
        act = Act(
            "", text, f"Patient/{TREATED}", NURSE, doctor.practitioner, days, moments, start, "",
            "", "active", 0,
        )  # fmt: skip
        await desk.plan(doctor, number, act)
    await publish(parts.database)
