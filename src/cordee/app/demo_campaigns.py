"""Campaigns of the demonstration: one under way in three départements, a group at risk, an idea.

Lists, invitations, answers and acts go the way that people go; texts stay in the emulator.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import structlog

from cordee.app.campaigns import campaigns
from cordee.app.communities import prevention, vaccination
from cordee.app.demo_communities import CPTS, LEADER
from cordee.app.demo_work import account
from cordee.app.store import KernelStore, system
from cordee.app.wiring import Parts
from cordee.care.campaigns.campaign import AGREED, DECLINED, Campaign, Told
from cordee.care.campaigns.capturing import AGENT
from cordee.care.campaigns.desk import CampaignDesk
from cordee.care.campaigns.groups import RiskGroup
from cordee.care.campaigns.targeting import Decision, Person
from cordee.care.prevention.actions import Told as Action
from cordee.care.prevention.days import Wish
from cordee.care.store import Store, Write
from cordee.identity.principal import Principal
from cordee.population.indicators.criteria import criterion
from cordee.runtime import clock
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.errors import ProductError
from cordee.web.population import words

STEERING, OWN = "julie.perret", "dr.legoff"
_GOFF: Final = "Practitioner/anne-le-goff"
_NUMBER: Final = str(uuid5(NAMESPACE_URL, "campagne/diabete"))
_TITLE: Final = "Repérage du diabète : Marches de l’Ouche, Sud-Brenne, Côte de Nance"
_WORDS: Final = {"A": AGREED, "B": AGREED, "C": DECLINED, "D": AGREED}
_DOCTORS: Final = 14
_RULE: Final = {
    "all": [
        {"age": [50, 120]},
        {"event": "diagnosis", "codes": ["E11"], "within": "ever"},
        {"none": [{"event": "result", "codes": ["4548-4", "59261-8"], "within": "P6M"}]},
    ]
}


async def begin_campaigns(parts: Parts) -> None:
    """Makes them once; what may not be made is left."""
    desk, now = campaigns(parts), clock.now()
    if not desk.register.territories or await desk.register.all():
        return
    for make in (_campaign, _idea, _group):
        try:
            parts.guard.forget()
            await make(parts, desk, now)
        except ProductError as error:
            structlog.get_logger().warning("demo_campaign_left", slug=error.slug)


async def _campaign(parts: Parts, desk: CampaignDesk, now: datetime) -> None:
    julie, register = account(STEERING), desk.register
    kit = (await register.kits())["diabete-reperage"]
    today = now.astimezone(PARIS).date()
    told = Told(
        _TITLE, kit.objective, "ARS et CPTS des trois territoires",
        "Mission d’intérêt public (RGPD, art. 6.1.e) ; information par le médecin traitant, "
        "opposition à tout moment.",
        ("sms", "letter", "space"), today - timedelta(days=40), today + timedelta(days=80),
        4_120_000, tuple(_WORDS),
    )  # fmt: skip
    at = now - timedelta(days=38)
    await register.add(julie, kit.code, told, _NUMBER, at)
    await register.move(julie, await register.one(_NUMBER), "instruct", at)
    for code, word in _WORDS.items():
        why = "Une campagne comme celle-ci finit à peine chez nous." if word == DECLINED else ""
        await register.say(julie, await register.one(_NUMBER), (code, word, why), at)
    await register.move(julie, await register.one(_NUMBER), "launch", at)
    found = await register.one(_NUMBER)
    await _day(parts, found, now)
    store = KernelStore(parts.kernel, parts.guard)
    for doctor in await _doctors(store):
        try:
            await _invite(desk, doctor, found, now)
        except ProductError:
            continue
    await _answers(parts, desk, found, now)
    await register.move(julie, await register.one(_NUMBER), "begin", now)
    await desk.capture.look(now)


async def _idea(parts: Parts, desk: CampaignDesk, now: datetime) -> None:  # noqa: ARG001 -- one shape
    kit = (await desk.register.kits())["grippe"]
    today = now.astimezone(PARIS).date()
    told = Told(
        "Grippe : aller vers les plus de 65 ans", kit.objective, "Assurance Maladie et CPTS",
        "Mission d’intérêt public (RGPD, art. 6.1.e).", ("letter",), today + timedelta(days=30),
        today + timedelta(days=120), 1_800_000, ("A", "B", "C", "D"),
    )  # fmt: skip
    number = str(uuid5(NAMESPACE_URL, "campagne/grippe"))
    await desk.register.add(account(STEERING), kit.code, told, number, now)


async def _group(parts: Parts, desk: CampaignDesk, now: datetime) -> None:
    julie, port = account(STEERING), parts.population
    said = words.criteria(criterion(_RULE, {}, "groupe"))
    is_told, size, _past = await port.count(julie, said, _RULE, "")
    if is_told:
        number = str(uuid5(NAMESPACE_URL, "groupe/hba1c"))
        why = "HbA1c à redemander ; le fond d’œil et les pieds en même temps."
        title = "Diabétiques de plus de 50 ans sans HbA1c depuis six mois"
        await desk.groups.share(julie, RiskGroup(number, title, why, _RULE, said, size, now, None))


async def _day(parts: Parts, campaign: Campaign, now: datetime) -> None:
    nora, today = account(LEADER), now.astimezone(PARIS).date()
    number = str(uuid5(NAMESPACE_URL, "journee/bus-diabete"))
    action = Action(
        "cardio", "Bus du diabète", campaign.kit.target, "Saulx et alentours", today,
        today + timedelta(days=60), "Infirmières de la CPTS", 96, None, "running", campaign.id,
    )  # fmt: skip
    board, days = prevention(parts), vaccination(parts)
    await board.add(nora, CPTS, action, number, now)
    at = datetime.combine(today + timedelta(days=5), time(9), PARIS)
    wish = Wish(at, 10, 24, (_GOFF,), "Bus, place du marché, Saulx")
    await days.open(nora, await board.one(nora, number), wish, str(uuid5(NAMESPACE_URL, "bus")))


async def _doctors(store: Store) -> list[Principal]:
    """Dr Le Goff, and those with most patients among a sample."""
    rows = await store.search(
        system(AGENT), "Patient", "general-practitioner:missing=false&active=true&_count=1000"
    )
    seen: Counter[tuple[str, str]] = Counter()
    for one in rows:
        doctor = str(one["generalPractitioner"][0].get("reference", ""))
        if doctor.startswith("Practitioner/") and doctor != _GOFF:
            home = str((one.get("managingOrganization") or {}).get("reference", ""))
            seen[doctor, home] += 1
    others = [
        Principal(
            f"demo-{doctor.rpartition('/')[2]}", "Médecin traitant", "médecin", home, doctor,
            ("user/*.cruds",), level=2, profession="10",
        )
        for (doctor, home), _n in seen.most_common(_DOCTORS)
    ]  # fmt: skip
    return [account(OWN), *others]


async def _invite(desk: CampaignDesk, doctor: Principal, campaign: Campaign, now: datetime) -> None:
    at = now - timedelta(days=30)
    await desk.targeting.list_own(doctor, campaign, at)
    people = await desk.targeting.people(doctor, campaign)
    kept = people if doctor.user != OWN else people[: len(people) * 2 // 3]
    said = [_decision(one) for one in kept]
    await desk.targeting.decide(doctor, campaign, said, at)


def _decision(one: Person) -> Decision:
    """Nine in a hundred are not invited, the others by text where they can be."""
    chance = random.Random(one.key).random()  # noqa: S311 -- invented people
    if chance < 0.09:  # noqa: PLR2004 -- as in the scenario SC4
        return Decision(one.key, "excluded", motive="followed")
    return Decision(one.key, "invited", channel="sms" if one.has_mobile else "letter")


async def _answers(parts: Parts, desk: CampaignDesk, campaign: Campaign, now: datetime) -> None:
    """Some open their link, some come: what a laboratory found is in their record."""
    store, dice = KernelStore(parts.kernel, parts.guard), random.Random(4)  # noqa: S311 -- invented
    invited = await _invited(parts, campaign)
    writes: list[Write] = []
    for row in invited:
        if dice.random() < 0.35:  # noqa: PLR2004 -- in a hundred
            continue
        secret = desk.links.secret(row["number"])
        found = await desk.answers.behind(secret, now)
        person = await store.read(system(AGENT), "Patient", found.patient)
        try:
            await desk.answers.opened(found, str(person.get("birthDate", "")), now)
        except ProductError:
            continue
        if dice.random() < 0.6:  # noqa: PLR2004 -- in a hundred
            writes.append(Write(_result(row["patient"], dice, now)))
    for first in range(0, len(writes), 50):
        await store.write(system(AGENT), writes[first : first + 50])


async def _invited(parts: Parts, campaign: Campaign) -> Sequence[Any]:
    async with parts.database.write.acquire() as connection:
        return await connection.fetch(
            "SELECT patient, number FROM campaign_person WHERE campaign = $1::text::uuid"
            " AND word = 'invited' ORDER BY patient",
            campaign.id,
        )


def _result(patient: str, dice: random.Random, now: datetime) -> dict[str, Any]:
    value = round(min(13.0, max(4.8, dice.gauss(5.7, 0.9))), 1)
    return {
        "resourceType": "Observation", "id": str(uuid4()), "status": "final",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "laboratory",
        }]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4", "display": "HbA1c"}]},
        "subject": {"reference": patient},
        "effectiveDateTime": instant(now - timedelta(days=dice.randint(1, 20))),
        "valueQuantity": {
            "value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%",
        },
    }  # fmt: skip
