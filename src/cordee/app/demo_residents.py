"""What a home keeps of its residents in the demonstration: stays, projects, transmissions."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.demo_work import account
from cordee.app.groups import groups
from cordee.app.homes import home_desk
from cordee.app.store import KernelStore, system
from cordee.app.wiring import Parts
from cordee.care.homes.groups import AGENT
from cordee.care.homes.living import living_in
from cordee.care.homes.project import Aim, Deed, Wishes
from cordee.care.homes.stays import Entry
from cordee.care.homes.transmissions import Said
from cordee.care.store import Write
from cordee.care.workflow.tasks import Wanted
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import ProductError

NURSE, AIDE, PATIENT = "claire.weber", "nadia.benhamou", "yvonne-morvan"
_MOST: Final = 12
_UNITS: Final = ("Les Lilas", "Les Acacias")
_HEAD, _HEAD_NAME = "groupe-rives-et-vallees", "Groupe Rives et Vallées, siège"
_MORE: Final = ("Les Bleuets", "Le Verger", "La Fontaine", "Les Quatre Saisons")
_WISHES: Final = Wishes(
    "Rester dans ma chambre, voir mes petits-enfants le dimanche, ne plus tomber.",
    "Sa fille voudrait qu’elle marche encore un peu chaque jour.",
    "Se lève à 8 h, café au lait, n’aime pas le poisson, écoute la radio le soir.",
)


async def begin_residents(parts: Parts) -> None:
    """Makes what the home keeps, once; what may not be made is left."""
    for make in (_stay, _project, _tell, _group):
        try:
            parts.guard.forget(NURSE)
            await make(parts)
        except ProductError as error:
            structlog.get_logger().warning("demo_residents_left", slug=error.slug)


async def _stay(parts: Parts) -> None:
    """A stay for the first residents, Yvonne Morvan among them."""
    claire, now = account(NURSE), clock.now()
    desk = home_desk(parts.database, parts.kernel, parts.guard).stays
    living = await living_in(KernelStore(parts.kernel, parts.guard), claire)
    keys = [str(one["id"]) for one, stay in living if stay is None and not _is_dead(one)]
    keys.sort(key=lambda one: one != PATIENT)
    for place, key in enumerate(keys[:_MOST]):
        day = now.astimezone(PARIS).date() - timedelta(days=1035 if key == PATIENT else 70 * place)
        kind = "temporaire" if place == 3 else "permanent"  # noqa: PLR2004 -- one of them
        entry = Entry(kind, day, f"Chambre {place + 1}", _UNITS[place % 2], "Domicile")
        await desk.enter(claire, key, str(uuid5(NAMESPACE_URL, f"sejour/{key}")), entry, now)


async def _project(parts: Parts) -> None:
    """A project in force whose review comes soon."""
    claire, today = account(NURSE), clock.now().astimezone(PARIS).date()
    desk = home_desk(parts.database, parts.kernel, parts.guard).projects
    if await desk.of_patient(claire, PATIENT):
        return
    number = str(uuid5(NAMESPACE_URL, f"projet/{PATIENT}"))
    key = await desk.begin(claire, PATIENT, number, _WISHES)
    due = (today + timedelta(days=60)).isoformat()
    aims = (
        Aim("", "Marcher jusqu’au jardin avec le déambulateur", "autonomie",
            "Accompagnée, l’après-midi", due, agreed=True),
        Aim("", "Voir sa famille le dimanche", "participation",
            "Salon réservé, appel en visio sinon", due, agreed=True),
    )  # fmt: skip
    for aim in aims:
        await desk.add_aim(claire, await desk.one(claire, PATIENT, key), aim)
    project = await desk.one(claire, PATIENT, key)
    deed = Deed("", project.aims[0].key, "Marche de 15 minutes", "Animatrice", "mardi et jeudi")
    await desk.add_deed(claire, project, deed)
    facts = {
        "agreement": "person", "agreement-date": (today - timedelta(days=330)).isoformat(),
        "review-date": (today + timedelta(days=35)).isoformat(),
    }  # fmt: skip
    for wanted in (Wanted("propose", {"participation": "both"}), Wanted("sign", facts)):
        await desk.move(claire, await desk.one(claire, PATIENT, key), wanted)


async def _tell(parts: Parts) -> None:
    """Transmissions of the last night, one target still open."""
    nadia, now = account(AIDE), clock.now()
    desk = home_desk(parts.database, parts.kernel, parts.guard).transmissions
    said = (
        (4, "sommeil", {"D": "Réveillée à 3 h, demande sa fille.", "A": "Tisane, porte ouverte.",
                        "R": "Rendormie à 4 h."}, True),
        (5, "mobilite", {"D": "Se tient aux meubles, n’ose plus lâcher le lit.",
                         "A": "Barrière remise avec son accord, lumière laissée."}, False),
    )  # fmt: skip
    parts.guard.forget(AIDE)
    today = now.astimezone(PARIS).replace(hour=0, minute=30)
    night = today if now.astimezone(PARIS).hour > 6 else today - timedelta(days=1)  # noqa: PLR2004 -- the last night
    for hours, target, words, closes in said:
        number = str(uuid5(NAMESPACE_URL, f"transmission/{target}/{PATIENT}"))
        at = night + timedelta(hours=hours - 1)
        await desk.write(nadia, PATIENT, number, Said(target, words, closes=closes), at)


async def _group(parts: Parts) -> None:
    """The homes of the region under one head office, with some more, counted once."""
    store, platform = KernelStore(parts.kernel, parts.guard), system(AGENT)
    criteria = "type=500&_sort=name&_count=50"
    homes = await store.search(platform, "Organization", criteria)
    if not homes or any("partOf" in one for one in homes):
        return
    head = {"resourceType": "Organization", "id": _HEAD, "active": True, "name": _HEAD_NAME}
    part = {"partOf": {"reference": f"Organization/{_HEAD}"}}
    category = homes[0]["type"][-1]["coding"][0]
    more = [
        {"resourceType": "Organization", "id": f"residence-autonomie-{place}", "active": True,
         "name": f"Résidence autonomie {name}",
         "type": [{"coding": [{"system": category["system"], "code": "202"}]}]}
        for place, name in enumerate(_MORE)
    ]  # fmt: skip
    writes = [Write(head, "PUT"), *(Write(one | part, "PUT") for one in more)]
    for one in homes:
        made = {name: value for name, value in one.items() if name != "meta"} | part
        profiles = {"profile": one["meta"]["profile"]} if "profile" in one["meta"] else {}
        writes.append(Write(made | {"meta": profiles}, "PUT", int(one["meta"]["versionId"])))
    await store.write(platform, writes)
    await groups(parts.database, parts.kernel, parts.guard).count(platform, clock.now())


def _is_dead(patient: object) -> bool:
    found = patient if isinstance(patient, dict) else {}
    return bool(found.get("deceasedDateTime") or found.get("deceasedBoolean"))
