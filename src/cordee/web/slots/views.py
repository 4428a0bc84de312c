"""How slots are shown: by day, with what may be done of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cordee.care.record.traits import read_traits
from cordee.care.slots.desk import Booked
from cordee.care.slots.publishing import BUSY, FREE, Community, Slot
from cordee.care.slots.shares import DONE, MISSED, Share
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe

_OUTCOMES: Final = {DONE: _("venu"), MISSED: _("absent")}


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot; `person` and `booking` when the reader may see who took it."""

    number: str
    hours: str
    member: str
    place: str
    state: str
    is_free: bool
    has_begun: bool
    booking: str
    person: Person | None
    words: str
    outcome: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """The slots of one day."""

    iso: str
    title: str
    slots: tuple[SlotView, ...]


def view_days(
    slots: Sequence[Slot],
    around: tuple[Mapping[str, Booked], Sequence[Community], frozenset[str]],
    now: datetime,
) -> list[DayView]:
    """Slots by day; `around` is who took them, the CPTS, and for whom the reader may act."""
    booked, communities, own = around
    places = {one.service: one.name for one in communities} if len(communities) > 1 else {}
    days: dict[str, list[SlotView]] = {}
    for one in slots:
        view = _view(one, booked.get(one.id), (places.get(one.service, ""), one.member in own), now)
        days.setdefault(one.starts.astimezone(PARIS).date().isoformat(), []).append(view)
    return [
        DayView(key, french.weekday(date.fromisoformat(key)), tuple(v)) for key, v in days.items()
    ]


def _view(slot: Slot, booked: Booked | None, more: tuple[str, bool], now: datetime) -> SlotView:
    place, is_own = more
    return SlotView(
        slot.id,
        f"{french.clock(slot.starts)}–{french.clock(slot.ends)}",
        slot.name,
        place,
        state_words(slot),
        slot.status == FREE,
        slot.starts <= now,
        booked.id if booked else "",
        describe(read_traits(booked.patient), now.date()) if booked else None,
        booked.words if booked else "",
        slot.outcome,
        is_own,
    )


def state_words(slot: Slot) -> str:
    """Give whether a slot is free, taken, or what became of who took it."""
    if slot.status == BUSY:
        return _OUTCOMES.get(slot.outcome, _("pris"))
    return _("libre") if slot.status == FREE else _("retiré")


def rate_words(one: Share) -> str:
    """Give the part of the slots that was taken."""
    return f"{round(100 * one.taken / one.published)} %" if one.published else ""


def slot_rows(days: Sequence[DayView]) -> list[list[str]]:
    """Give the lines of the file: nobody cared for is in it."""
    return [
        [day.iso, one.hours, one.member, one.place, one.state] for day in days for one in day.slots
    ]
