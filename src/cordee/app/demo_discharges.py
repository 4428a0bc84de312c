"""The discharges of the demonstration, at different stages, made through the doors of everybody."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.accounts import principal_of
from cordee.app.discharges import discharge_desk
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.store import KernelStore, system
from cordee.app.wiring import Parts
from cordee.care.discharges.admitting import Admissions
from cordee.care.discharges.desk import DischargeDesk
from cordee.care.discharges.following import AGENT
from cordee.care.discharges.homecare import ListOf
from cordee.care.discharges.planner import Planned
from cordee.care.store import Write
from cordee.care.workflow.checklists import DOING, DONE, VOID, Check
from cordee.care.workflow.tasks import Wanted, party
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import ProductError

NURSE: Final = "marion.girard"
_YANN: Final = "Patient/yann-kerbrat"
_OTHERS: Final = {
    "colette-roussel": ("Fracture du col du fémur opérée", 6),
    "guy-lambert": ("Pneumopathie", 4),
    "michel-favard": ("Infarctus du myocarde, angioplastie", 5),
}
"""Stays of the demonstration beside that of SC5: patient, motive, how many days ago."""
_BASE: Final = ("prescriptions", "gp-visit", "carer")


async def begin_discharges(parts: Parts) -> None:
    """Opens planners for stays in progress once, and brings some of them further."""
    store = KernelStore(parts.kernel, parts.guard)
    desk = discharge_desk(parts.database, parts.kernel, parts.guard)
    nurse = principal_of(next(one for one in DEMO_ACCOUNTS if one.user == NURSE))
    platform = system(AGENT)
    own = f"patient={_YANN}&class=IMP&status=in-progress&_count=1"
    stays = await store.search(platform, "Encounter", own)
    if not stays or await desk.planners.of_patient(platform, _YANN.removeprefix("Patient/")):
        return
    for patient, (motive, days) in _OTHERS.items():
        made = _stay(patient, motive, days)
        await store.write(platform, [Write(made, "PUT")])
        stays.append(await store.read(platform, "Encounter", str(made["id"])))
    await Admissions(parts.database, store, platform).hear(stays)
    parts.guard.forget(NURSE)
    opened = await desk.planners.board(nurse, ("opened",))
    others = [one for one in opened if party(one.task, "for") != _YANN]
    first = [one for one in opened if party(one.task, "for") == _YANN]
    stages = (_kerbrat, _tomorrow, _forced, _gone)
    for stage, planned in zip(stages, [*first, *others], strict=False):
        try:
            await stage(desk, nurse, planned)
        except ProductError as error:
            structlog.get_logger().warning("demo_discharge_left", slug=error.slug)


async def _kerbrat(desk: DischargeDesk, nurse: Principal, planned: Planned) -> None:
    """The scenario SC5: everything but the letter, the transport and the scales."""
    leaves = _at(5, 14)
    facts = _plan(leaves, "had", nurse=True, transport=True, pharmacy=True, telemonitoring=True) | {
        "home": "alone", "home-words": "Maison de plain-pied à Saulx-le-Bas, fils à 20 minutes.",
    }  # fmt: skip
    await desk.planners.plan(nurse, planned.number, facts)
    await _tick(desk, nurse, planned, _BASE)
    doing = {
        "transport": Check(DOING, "Ambulances de Saulx", "ambulance assise demandée hier"),
        "telemonitoring": Check(DOING, "HAD de Belmont", "balance livrée jeudi, seuil + 2 kg"),
    }
    for line, check in doing.items():
        await desk.planners.tick(nurse, planned.number, line, check)
    lists = (
        ("nurse", ("idel-samira", "idel-saulx"), "Pansement complexe de jambe, un jour sur deux."),
        ("pharmacy", ("pharmacie-tran",), "Préparation des doses à administrer pour la semaine."),
    )
    for kind, owners, text in lists:
        number = str(uuid5(NAMESPACE_URL, f"demo/{planned.number}/{kind}"))
        asked = tuple(f"Organization/{one}" for one in owners)
        await desk.home.ask(nurse, planned.number, ListOf(number, kind, asked, leaves.date(), text))


async def _tomorrow(desk: DischargeDesk, nurse: Principal, planned: Planned) -> None:
    await desk.planners.plan(nurse, planned.number, _plan(_at(1, 10), "home", help=True))
    await _tick(desk, nurse, planned, ("prescriptions",))
    void = Check(VOID, "Marion Girard", "Pas d’aidant, vit seule et autonome")
    await desk.planners.tick(nurse, planned.number, "carer", void)


async def _forced(desk: DischargeDesk, nurse: Principal, planned: Planned) -> None:
    await desk.planners.plan(
        nurse, planned.number, _plan(clock.now() + timedelta(hours=4), "home", equipment=True)
    )
    await _tick(desk, nurse, planned, (*_BASE, "letter"))
    reason = "Lit médicalisé livré demain matin, la fille dort sur place cette nuit."
    await desk.planners.move(nurse, planned.number, Wanted("force", reason=reason))


async def _gone(desk: DischargeDesk, nurse: Principal, planned: Planned) -> None:
    await desk.planners.plan(nurse, planned.number, _plan(clock.now() + timedelta(hours=1), "home"))
    await _tick(desk, nurse, planned, (*_BASE, "letter"))
    await desk.planners.move(nurse, planned.number, Wanted("ready"))
    left = {"left-at": clock.instant(clock.now()), "delay-cause": "place"}
    await desk.planners.move(nurse, planned.number, Wanted("leave", left))


async def _tick(
    desk: DischargeDesk, nurse: Principal, planned: Planned, lines: tuple[str, ...]
) -> None:
    for one in lines:
        await desk.planners.tick(nurse, planned.number, one, Check(DONE, "Marion Girard"))


def _stay(patient: str, motive: str, days: int) -> dict[str, Any]:
    start = clock.now() - timedelta(days=days)
    return {
        "resourceType": "Encounter",
        "id": f"sejour-{patient}",
        "status": "in-progress",
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP",
        },
        "subject": {"reference": f"Patient/{patient}"},
        "serviceProvider": {"reference": "Organization/chu-aubrey"},
        "period": {"start": clock.instant(start)},
        "reasonCode": [{"text": motive}],
    }  # fmt: skip


def _plan(leaves: datetime, destination: str, **needs: bool) -> dict[str, Any]:
    told = {f"need-{name}": value for name, value in needs.items()}
    fit = min(leaves.date() - timedelta(days=2), clock.today()).isoformat()
    return {"leaves-at": clock.instant(leaves), "destination": destination, "fit-on": fit} | told


def _at(days: int, hour: int) -> datetime:
    day: date = clock.today() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.PARIS)
