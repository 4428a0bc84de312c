"""Whom to invite: a médecin traitant lists their own patients, invites each or says why not.

The list is made of what the guard opens to who asks, by the rule of the kit. Nobody else sees it;
those who steer read counts. Rules: G2.6, G3.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from cordee.care.campaigns.campaign import CHANNELS, Campaign
from cordee.care.campaigns.links import Links
from cordee.care.campaigns.ports import Places, Rules
from cordee.care.campaigns.register import QUERIES
from cordee.care.circle.territory import commune_of, county_of
from cordee.care.cpts.membership import Membership
from cordee.care.regulation.safety import is_mobile
from cordee.care.store import Resource, Store
from cordee.identity.principal import PATIENT, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken

MOTIVES: Final[Mapping[str, str]] = {
    "done": "Déjà fait ailleurs",
    "unfit": "Ne lui convient pas (état de santé)",
    "followed": "Déjà suivi pour cela",
    "refused": "A dit ne pas le vouloir",
    "moved": "N’est plus suivi ici, ou a déménagé",
    "other": "Autre raison",
}
BANDS: Final = ("0-44", "45-64", "65-74", "75+")
MOST: Final = 2000
_PAGE: Final = 1000
_LOT: Final = 100
_GENDERS: Final = ("female", "male", "other,unknown")
"""One's own patients are asked for in as many pages: no page holds more than a thousand."""
_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a campaign as who cares for them sees them."""

    patient: Resource
    row: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The id of the patient."""
        return str(self.patient["id"])

    @property
    def has_mobile(self) -> bool:
        """Whether a text may reach them."""
        return bool(mobile_of(self.patient))


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of one person: `invited` by a channel, or `excluded` for a motive."""

    patient: str
    word: str
    channel: str = ""
    motive: str = ""


class Targeting:
    """The lists of one installation."""

    def __init__(
        self, database: Database, store: Store, membership: Membership, how: Means
    ) -> None:
        """`store` reads through the guard."""
        self._database = database
        self._store = store
        self._membership = membership
        self._how = how

    async def whose(self, principal: Principal) -> list[str]:
        """In whose name somebody lists patients: their own as a physician, their CPTS's."""
        if principal.role == PATIENT or principal.is_system:
            return []
        own = principal.practitioner
        found = [own] if own.startswith("Practitioner/") else []
        running = [one.structure for one in await self._membership.of(principal) if one.runs]
        return found + running

    async def matching(
        self, principal: Principal, rule: Mapping[str, Any], bounds: Mapping[str, float]
    ) -> dict[str, list[Resource]]:
        """Those of one's own patients who fulfil a rule, by in whose name they are one's own."""
        names = await self._names(principal)
        found: dict[str, list[Resource]] = {}
        for name in names:
            patients = await self._own(principal, name)
            hits = await self._hits(principal, rule, bounds, patients)
            found[name] = [one for one in patients if one["id"] in hits]
        return found

    async def list_own(self, principal: Principal, campaign: Campaign, at: datetime) -> int:
        """Lists one's own patients of the territories that take part; how many fulfil the rule.

        Who was listed before stays, with what was decided. Raises `Conflict`, `AccessDenied`.
        """
        _need_open(campaign)
        kit = campaign.kit
        found = await self.matching(principal, kit.rule, kit.bounds)
        rows = [
            (f"Patient/{one['id']}", county_of(one), *self.shape(one, at), name)
            for name, patients in found.items()
            for one in patients
            if county_of(one) in campaign.active
        ][:MOST]
        columns = _columns(rows, 6)
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["list_people"], UUID(campaign.id), at, *columns)
        return len(rows)

    def shape(self, patient: Resource, at: datetime) -> tuple[str, str, int]:
        """Sex, band of ages and quintile: all that is counted of a person."""
        quintile = self._how.places.quintile(commune_of(patient))
        return str(patient.get("gender", "")), band_of(patient, at), quintile

    async def people(self, principal: Principal, campaign: Campaign) -> list[Person]:
        """Who is listed in one's name, as far as the guard still opens them; by name.

        Raises `AccessDenied` for who has no patients of their own.
        """
        names = await self._names(principal)
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["of_doctor"], UUID(campaign.id), names, MOST)
        patients = await self._patients(principal, [row["patient"] for row in rows])
        found = [
            Person(patients[row["patient"]], row) for row in rows if row["patient"] in patients
        ]
        return sorted(found, key=lambda one: sort_name(one.patient))

    async def decide(
        self, principal: Principal, campaign: Campaign, said: Sequence[Decision], at: datetime
    ) -> int:
        """Writes what was decided, all or nothing; how many changed.

        Raises `RuleBroken` for a motive or a channel that is missing, `NotFound` for a person who
        is not listed in one's name.
        """
        _need_open(campaign)
        for one in said:
            _check(one, campaign)
        listed = {one.key: one for one in await self.people(principal, campaign)}
        last = {one.patient: one for one in said}
        if not last.keys() <= listed.keys():
            raise NotFound("this person is not in your list")
        invited = [
            self._invited(campaign, listed[one.patient], one)
            for one in last.values()
            if one.word == "invited"
        ]
        excluded = [
            (f"Patient/{one.patient}", one.motive)
            for one in last.values()
            if one.word == "excluded"
        ]
        key, ends = UUID(campaign.id), _expiry(campaign, at)
        async with self._database.transaction() as connection:
            changed = await connection.fetch(
                QUERIES["invite"], key, at, principal.user, ends, *_columns(invited, 5)
            )
            changed += await connection.fetch(
                QUERIES["exclude"], key, at, principal.user, *_columns(excluded, 2)
            )
        return len(changed)

    async def letters(
        self, principal: Principal, campaign: Campaign, at: datetime
    ) -> list[tuple[Person, str]]:
        """Who is to be written to on paper, with the secret of each link; noted as printed."""
        found = [
            one for one in await self.people(principal, campaign)
            if one.row["channel"] == "letter" and one.row["word"] == "invited"
            and not one.row["refuses"]
        ]  # fmt: skip
        keys = [one.row["patient"] for one in found]
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["printed"], UUID(campaign.id), keys, at)
        return [(one, self._how.links.secret(one.row["number"])) for one in found]

    def _invited(self, campaign: Campaign, person: Person, said: Decision) -> tuple[str, ...]:
        """Patient, channel, wording, digest of the link, how it goes; `RuleBroken` where not."""
        if person.row["territory"] not in campaign.active:
            raise RuleBroken("Le territoire de cette personne ne participe plus à la campagne.")
        if person.row["refuses"] or person.row["stopped"]:
            raise RuleBroken("Cette personne ne veut pas être invitée : rien ne lui est envoyé.")
        if said.channel == "sms" and not person.has_mobile:
            raise RuleBroken("Cette personne n’a pas de téléphone mobile : choisissez le courrier.")
        links, patient = self._how.links, str(person.row["patient"])
        sending = "sent" if said.channel == "space" else "waiting"
        variant, digest = links.variant(campaign.id, patient), links.digest(person.row["number"])
        return patient, said.channel, variant, digest, sending

    async def _names(self, principal: Principal) -> list[str]:
        names = await self.whose(principal)
        if not names:
            raise AccessDenied("lists of patients are for those who care for them")
        return names

    async def _own(self, principal: Principal, name: str) -> list[Resource]:
        whose = (
            f"general-practitioner={name}"
            if name.startswith("Practitioner/")
            else "general-practitioner:missing=true"
        )
        found: list[Resource] = []
        for genders in _GENDERS:
            query = f"{whose}&gender={genders}&active=true&deceased=false&_count={_PAGE}"
            found += await self._store.search(principal, "Patient", query)
        return [one for one in found if one["resourceType"] == "Patient"]

    async def _hits(
        self,
        principal: Principal,
        rule: Mapping[str, Any],
        bounds: Mapping[str, float],
        patients: Sequence[Resource],
    ) -> frozenset[str]:
        gathered: list[Resource] = list(patients)
        keys = [f"Patient/{one['id']}" for one in patients]
        for kind in self._how.rules.types(rule, bounds):
            for first in range(0, len(keys), _LOT):
                gathered += await self._around(principal, kind, keys[first : first + _LOT])
        day = datetime.now(PARIS).date()
        return await self._how.rules.fulfilling(rule, bounds, gathered, day)

    async def _around(self, principal: Principal, kind: str, keys: Sequence[str]) -> list[Resource]:
        """What a type holds of some patients; a full page is asked for in two halves."""
        query = f"patient={','.join(keys)}&_count={_PAGE}"
        rows = await self._store.search(principal, kind, query)
        if len(rows) < _PAGE or len(keys) == 1:
            return rows
        half = len(keys) // 2
        return [
            *await self._around(principal, kind, keys[:half]),
            *await self._around(principal, kind, keys[half:]),
        ]

    async def _patients(
        self, principal: Principal, references: Sequence[str]
    ) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for first in range(0, len(references), _PAGE):
            keys = ",".join(
                one.removeprefix("Patient/") for one in references[first : first + _PAGE]
            )
            rows = await self._store.search(principal, "Patient", f"_id={keys}&_count={_PAGE}")
            found |= {f"Patient/{one['id']}": one for one in rows}
        return found


@dataclass(frozen=True, slots=True)
class Means:
    """What lists are made with."""

    rules: Rules
    places: Places
    links: Links


def band_of(patient: Resource, at: datetime) -> str:
    """The band of ages of a person; "" where the birth is not known."""
    year = str(patient.get("birthDate", ""))[:4]
    if not year.isdigit():
        return ""
    age = at.year - int(year)
    return next(
        (one for one, oldest in zip(BANDS, (44, 64, 74), strict=False) if age <= oldest), BANDS[-1]
    )


def mobile_of(patient: Resource) -> str:
    """The first mobile number of a person; "" for none."""
    numbers = [
        str(one.get("value", "")) for one in patient.get("telecom", ())
        if one.get("system") in {"phone", "sms"} and one.get("use") != "old"
    ]  # fmt: skip
    return next((one for one in numbers if is_mobile(one)), "")


def sort_name(patient: Resource) -> str:
    """How a list of persons is sorted."""
    name = next(iter(patient.get("name") or ()), {})
    return f"{name.get('family', '')} {' '.join(name.get('given', ()))}".casefold()


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(one) for one in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _expiry(campaign: Campaign, at: datetime) -> datetime:
    """Until when a link of a campaign opens: its last day, and a month from now at least."""
    assert campaign.told.ends is not None  # noqa: S101 -- kept campaigns have their days
    ends = datetime.combine(campaign.told.ends, time(23, 59), PARIS).astimezone(UTC)
    return max(ends, at + _AFTER)


def _need_open(campaign: Campaign) -> None:
    if not campaign.is_open:
        raise Conflict("Cette campagne n’est pas lancée, ou elle est close.")


def _check(said: Decision, campaign: Campaign) -> None:
    if said.word == "excluded" and said.motive not in MOTIVES:
        raise RuleBroken("Dites pourquoi cette personne n’est pas invitée.")
    if said.word == "invited" and said.channel not in campaign.told.channels:
        known = ", ".join(CHANNELS[one] for one in campaign.told.channels)
        raise RuleBroken(f"Choisissez un canal de la campagne : {known}.")
    if said.word not in {"invited", "excluded"}:
        raise RuleBroken("Invitez la personne, ou dites pourquoi non.")
