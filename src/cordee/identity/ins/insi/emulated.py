"""The fictitious people of the INSi emulator: how they answer to traits, cards and checks."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from cordee.identity.ins.insi.ports import FormerIns
from cordee.identity.ins.matricule import BODY, Authority, Ins
from cordee.identity.ins.traits import Sex, StrictTraits


class Behaviour(StrEnum):
    """What the emulator does when someone asks about a person."""

    ANSWER = "answer"
    HANG = "hang"
    AWAY = "away"
    AWAY_ONCE = "away-once"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Emulated:
    """One person: INS, traits, the traits that a later change brings, how the INSi behaves."""

    ins: Ins
    traits: StrictTraits
    former: tuple[FormerIns, ...] = ()
    later: StrictTraits | None = None
    behaviour: Behaviour = Behaviour.ANSWER
    insured_number: str = ""

    @property
    def changed(self) -> Emulated:
        """The same person once the change has happened; the same when there is none."""
        return replace(self, traits=self.later, later=None) if self.later else self


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """The traits of a search or of a check, as they came over the wire; empty is not given."""

    birth_name: str
    given_names: tuple[str, ...]
    sex: str
    birth_date: str
    birth_place: str = ""


def has_traits(person: Emulated, asked: Asked) -> bool:
    """True when each trait asked is one of the person's, each given name one of the list."""
    traits = person.traits
    given = f" {traits.birth_given_names} "
    return (
        traits.birth_name == asked.birth_name
        and bool(asked.given_names)
        and all(f" {name} " in given for name in asked.given_names)
        and traits.sex.value == asked.sex
        and birth_text(traits) == asked.birth_date
        and asked.birth_place in ("", traits.birth_place)
    )


def has_card(person: Emulated, own: str, insured: str, birth_date: str) -> bool:
    """True for the holder of a card: by own number, else by the insured person's and the date."""
    if own:
        return person.ins.matricule[:BODY] == own[:BODY]
    number = person.insured_number or person.ins.number
    return number[:BODY] == insured[:BODY] and birth_text(person.traits) == birth_date


def birth_text(traits: StrictTraits) -> str:
    """The date of birth as the INSi writes it."""
    return traits.lunar_date or (traits.birth_date.isoformat() if traits.birth_date else "")


@cache
def people() -> tuple[Emulated, ...]:
    """The people of `people.json`, all on the list of tests."""
    text = files("cordee.identity.ins.insi").joinpath("people.json").read_text("utf-8")
    return tuple(read_person(one) for one in json.loads(text))


def read_person(written: dict[str, Any]) -> Emulated:
    """One person of the data. Raises `InvalidRequest` for a matricule with a wrong key."""
    traits = _traits(written)
    later = written.get("later")
    authority = Authority[written.get("authority", "NIR_TEST")]
    return Emulated(
        ins=Ins(written["matricule"], authority),
        traits=traits,
        former=tuple(_former(one) for one in written.get("former", ())),
        later=_traits({**written, **later}) if later else None,
        behaviour=Behaviour(written.get("behaviour", "answer")),
        insured_number=written.get("insured_number", ""),
    )


def _former(written: dict[str, str]) -> FormerIns:
    authority = Authority[written.get("authority", "NIR_TEST")]
    ins = Ins(written["matricule"], authority)
    return FormerIns(ins, _day(written.get("start")), _day(written.get("end")))


def _traits(written: dict[str, Any]) -> StrictTraits:
    given = written["given_names"]
    return StrictTraits(
        birth_name=written["birth_name"],
        first_given_name=given.split(" ", maxsplit=1)[0],
        birth_given_names=given,
        birth_date=_day(written["birth_date"]),
        sex=Sex(written["sex"]),
        birth_place=written["birth_place"],
        lunar_date=written.get("lunar_date"),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
