"""An evening at the SAMU of the demonstration: four centres, calls that ring, cases under way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from cordee.app.demo_work import account
from cordee.app.region.territory import communes
from cordee.app.regulation import regulation
from cordee.app.wiring import Parts
from cordee.care.regulation.cases import Case
from cordee.care.regulation.deciding import Decision
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.queue import Contact, Parameters, Telephony, plain_name
from cordee.care.regulation.service import Regulation
from cordee.care.regulation.states import Move
from cordee.gateways.telephony.simulated import AWAY
from cordee.runtime import clock

_CENTRES: Final = (("a", "960"), ("b", "961"), ("c", "962"), ("d", "963"))
_CASES: Final = (
    ("M03.06", "P1", "Aubrey", "Douleur qui serre depuis dix minutes, 54 ans, sueurs.", 6, ""),
    ("M03.14", "P2", "Haut-Sorgue", "Fièvre à 39,2 °C, cinq mois, boit peu.", 34, ""),
    ("M06.02", "P3", "Aubrey-Est", "Demande un avis pour un traitement oublié.", 12, ""),
    ("M01.01", "P0", "Aubrey", "Ne répond plus, sa fille masse.", 3, "reflexe"),
    ("M03.22", "P3", "Aubrey", "Douleur de l’épaule, dort mal.", 40, "rdv-ville"),
    ("M03.21", "P3", "Aubrey", "Vomit depuis hier soir, boit de nouveau.", 50, "conseil"),
)  # fmt: skip
_ROWS: Final = """
INSERT INTO regulation_centre (id, name, hub, department, parameters)
VALUES ('samu-' || $1, 'SAMU ' || upper($1), 'fr.health.samu' || $2, $2, $3) ON CONFLICT DO NOTHING
"""
_HOURLY: Final = {"a": 240, "b": 12}
"""Calls an hour: A lives an evening of heat, B a quiet one."""
_POSTS: Final = ("Poste 1", "Poste 2", "Poste 3", "Régulateur")
_TELEPHONY: Final = Telephony(
    kind="simulated", trunk="sip:{number}@simulated",
    posts={name: f"sip:{n}@simulated" for n, name in enumerate(_POSTS)} | {"Poste 9": AWAY},
    contacts=(
        Contact("Interprètes, ligne de nuit", "0300009001", "arabe"),
        Contact("Interprètes, ligne de nuit (2)", "0300009002", "ukrainien"),
        Contact("EHPAD Les Glycines", "0300009010"),
        Contact("SOS Médecins Aubrey", "0300009011"),
    ),
)  # fmt: skip
_SEATS: Final = {"karim.saidi": "Poste 1", "dr.roy": "Régulateur", "ines.lambert": "Poste 2",
          "lucie.ferrand": "Poste 1", "dr.aubry": "Régulateur"}  # fmt: skip
_COMMUNE: Final = """
INSERT INTO regulation_commune (code, name, plain, postal, longitude, latitude)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
_SILENT: Final = "SELECT NOT EXISTS (SELECT FROM overflow_contact WHERE centre = $1)"
_CONTACTS: Final = (
    ("Pharmacie de garde", "32 37"),
    ("Médecin de garde", "01 99 00 11 20"),
    ("Transports sanitaires de garde", "01 99 00 11 21"),
    ("SDIS, salle opérationnelle", "18"),
)
_VEHICLE: Final = """
INSERT INTO regulation_vehicle (centre, id, name, kind, commune)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""


async def begin_regulation(parts: Parts) -> None:
    """Makes the centres, their communes and vehicles, and the cases of an evening, once."""
    await make_centres(parts, _TELEPHONY)
    floor = regulation(parts)
    if (await floor.desk.view((await floor.desk.centres.all())["samu-a"], clock.now())).cases:
        return
    for user, post in _SEATS.items():
        person = account(user)
        centre = await floor.desk.centres.of(person)
        await floor.desk.centres.sit(person, centre, clock.now())
        if post in centre.parameters.telephony.posts:
            await floor.desk.centres.take_post(person, centre, post)
    for number, told in enumerate(_CASES):
        await _case(floor, uuid5(NAMESPACE_URL, f"regulation/{number}"), told)


async def make_centres(parts: Parts, telephony: Telephony | None = None) -> None:
    """The four centres, two with a switchboard, communes and vehicles; what is there stays."""
    places = communes()
    async with parts.database.transaction() as connection:
        for letter, number in _CENTRES:
            board = Telephony()
            if telephony is not None and letter in _HOURLY:
                board = replace(telephony, hourly=_HOURLY[letter])
            told = Parameters(telephony=board)
            values = (letter, number, msgspec.json.encode(told).decode())
            await connection.execute(_ROWS, *values)
        rows = [
            (one.code, one.name, plain_name(one.name), one.postal_code, one.longitude, one.latitude)
            for one in places
        ]
        await connection.executemany(_COMMUNE, rows)
        for letter, _number in _CENTRES:
            told = (f"samu-{letter}", *zip(*_CONTACTS, strict=True), clock.now(), "Cadre du SAMU")
            if await connection.fetchval(_SILENT, told[0]):
                await connection.execute(QUERIES["tell_contact"], *told)
        made = [row for letter, _number in _CENTRES for row in _vehicles(letter)]
        await connection.executemany(_VEHICLE, made)


async def _case(floor: Regulation, key: UUID, told: tuple[str, str, str, str, int, str]) -> None:
    code, priority, town, said, ago, more = told
    karim, roy, desk = account("karim.saidi"), account("dr.roy"), floor.desk
    centre = await desk.centres.of(karim)
    at = clock.now() - timedelta(minutes=ago)
    await desk.open(karim, centre, key, at)
    case, _stamps = await desk.case(karim, centre, key)
    place = next((one for one in communes() if one.name == town), communes()[0])
    full = replace(
        case, priority=priority, motive=code, commune=place.code,
        told=replace(case.told, number="06 00 00 00 41", said=said),
    )  # fmt: skip
    if more == "reflexe":
        await floor.deciding.reflex(karim, await desk.save(karim, full, at, Move.QUALIFY), at)
        return
    waiting: Case = await desk.save(karim, full, at, Move.QUALIFY, Move.FORWARD)
    if more:
        words = "Boire souvent, par petites gorgées. Si cela change ou inquiète, rappeler le 15."
        decided = at + timedelta(minutes=5)
        await floor.deciding.decide(roy, waiting, Decision(more, words), decided)


def _vehicles(letter: str) -> list[tuple[str, str, str, str, str]]:
    """A SMUR and a VSAV for each second grouping of a county, ambulances for the others."""
    own = [one for one in communes() if one.county == letter.upper()]
    rows: list[tuple[str, str, str, str, str]] = []
    for n, one in enumerate(own[::5]):
        kinds = ("SMUR", "VSAV") if n % 2 == 0 else ("VSAV", "AMBULANCE")
        rows += [
            (f"samu-{letter}", f"{kind.lower()}-{n}", f"{_WORDS[kind]} {one.name}", kind, one.code)
            for kind in kinds
        ]
    return rows


_WORDS: Final = {"SMUR": "SMUR", "VSAV": "VSAV", "AMBULANCE": "Ambulance"}
