"""Reads what is given from a form: kind, person, parts, powers, days, proof."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from cordee.access.facts import Power
from cordee.access.mandates.kinds import MandateKind, most_powers
from cordee.access.mandates.naming import Offer
from cordee.access.mandates.parts import EVERYTHING, every_part
from cordee.runtime.errors import RuleBroken
from cordee.runtime.french import PARIS
from cordee.web.forms import Form
from cordee.web.language import gettext as _
from cordee.web.relatives.words import PROOFS


def offer_of(form: Form, now: datetime) -> Offer:
    """What a form gives; raises `RuleBroken` for what is missing."""
    kind = next((one for one in MandateKind if one == form["qualite"]), None)
    if kind is None:
        raise RuleBroken(_("Dites à quel titre cette personne agit."))
    parts = {one for one in every_part() if form[f"part-{one}"] == "oui"}
    if form["part-tout"] == "oui":
        parts = {EVERYTHING}
    powers = {one for one in most_powers(kind) if form[f"pouvoir-{one}"] == "oui"}
    proof = form["preuve"] if form["preuve"] in PROOFS else ""
    return Offer(
        kind=kind,
        name=form["nom"],
        bond=form["lien"],
        parts=frozenset(parts),
        powers=frozenset(powers | {Power.READ}),
        starts=_start(form["debut"], now),
        ends=_end(form["fin"]),
        proof=proof,
        proof_on=_day(form["preuve-date"]) if proof else None,
    )


def _start(text: str, now: datetime) -> datetime:
    day = _day(text)
    return datetime.combine(day, time(), PARIS) if day and day > now.date() else now


def _end(text: str) -> datetime | None:
    """The end of the last day."""
    day = _day(text)
    return datetime.combine(day + timedelta(days=1), time(), PARIS) if day else None


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RuleBroken(_("Écrivez les dates comme 31/12/2026.")) from error
