"""The INSi of this process: the teleservice, or in a demonstration its emulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

import httpx

from cordee import __version__
from cordee.app.region.cast import cast
from cordee.app.region.identities import CHANGED, INSI_ONLY
from cordee.app.region.people import Person
from cordee.identity.ins.alphabet import strict_name
from cordee.identity.ins.insi.adapter import Certificate, Endpoint, InsiOverSoap
from cordee.identity.ins.insi.emulated import Emulated, people, read_person
from cordee.identity.ins.insi.emulator import Emulator
from cordee.identity.ins.insi.requests import Software
from cordee.identity.ins.matricule import Authority, Ins, is_matricule
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.runtime.settings import Settings

_SOFTWARE = Software("DEMO", "Cordée", "1", "00000000-0000-4000-8000-00000000c0de")


def make_insi(settings: Settings) -> InsiOverSoap | None:
    """The teleservice of these settings; None when it is not connected."""
    if settings.demo:
        return emulated_insi()
    told = settings.insi
    if not told.url or told.certificate is None or told.key is None:
        return None
    # The same instance for all processes of this folder, as the headers of the wire ask.
    instance = uuid5(NAMESPACE_URL, str(settings.data))
    software = Software(told.authorisation, "Cordee", __version__, str(instance))
    certificate = Certificate(told.certificate, told.key)
    return InsiOverSoap(Endpoint(told.url, software, certificate=certificate))


def recheck_of(settings: Settings) -> timedelta | None:
    """After how long the INSi is asked again about a file, None for never.

    The emulator of a demonstration knows its named people alone: it is not asked about others.
    """
    days = settings.insi.recheck_days
    return timedelta(days=days) if days and not settings.demo else None


def emulated_insi() -> InsiOverSoap:
    """The teleservice as the demonstration has it; names have changed since for some."""
    emulator = Emulator([*people(), *map(read_person, INSI_ONLY), *_of_the_region()])
    for matricule in CHANGED:
        emulator.change(matricule)
    transport = httpx.ASGITransport(emulator)
    return InsiOverSoap(Endpoint("http://insi.invalid/", _SOFTWARE, transport=transport))


def _of_the_region() -> Iterator[Emulated]:
    known = {one.ins.matricule for one in people()}
    for who in cast():
        if who.matricule and who.matricule not in known and is_matricule(who.matricule):
            yield Emulated(Ins(who.matricule, Authority.NIR_TEST), _traits(who))


def _traits(who: Person) -> StrictTraits:
    given = strict_name(" ".join(who.given))
    return StrictTraits(
        birth_name=strict_name(who.family),
        first_given_name=strict_name(who.given[0]),
        birth_given_names=given,
        birth_date=who.born,
        sex=Sex.FEMALE if who.female else Sex.MALE,
        birth_place=who.birth_place[1],
    )
