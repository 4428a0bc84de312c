"""Subscriptions and rules of the house as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cordee.care.notifications import rules
from cordee.care.notifications.following import CHANNELS, EVERY
from cordee.care.notifications.kinds import KINDS
from cordee.care.record.traits import read_traits
from cordee.identity.principal import CARER, PATIENT, REPRESENTATIVE, TRUSTED, Principal
from cordee.web.inbox.words import local
from cordee.web.language import gettext as _

TITLES: Final = {
    rules.ATTENDING: _("Personnes dont vous êtes le médecin traitant déclaré"),
    rules.RESIDENCE: _("Personnes qui résident dans votre établissement"),
    rules.FILE: _("Personnes dont votre dispositif d’appui suit le dossier"),
    rules.AWAITED: _("Personnes que l’on envoie vers votre structure"),
    rules.RELATIVE: _("Personnes qui vous ont désigné, selon ce que le mandat ouvre"),
}
"""Whom each rule of the house tells of."""
_DOCTOR: Final = "10"
_AROUND: Final = frozenset({CARER, TRUSTED, REPRESENTATIVE})


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of the house: whom it tells of, and each kind with whether it was turned off."""

    title: str
    kinds: tuple[tuple[str, str, int], ...]  # code, label, number of what turned it off or 0


@dataclass(frozen=True, slots=True)
class FollowingRow:
    """A subscription; `whom` says of whom, "" where that is not open any more."""

    number: int
    what: str
    whom: str
    channel: str
    how: str
    told: str
    starts: str
    ends: str
    made_by: str


def rule_rows(principal: Principal, found: list[Any]) -> list[RuleRow]:
    """The rules that may tell somebody of something, by their role."""
    off = {
        row["kind"]: row["n"]
        for row in found
        if not row["wanted"] and row["person"] and not row["patient"] and row["channel"] == "screen"
    }
    return [
        RuleRow(
            TITLES[rule],
            tuple(
                (one.code, one.label, off.get(one.code) or off.get(EVERY) or 0)
                for one in KINDS.values()
                if one.code in rules.KINDS_BY_RULE[rule]
            ),
        )
        for rule in _rules_of(principal)
    ]


def following_row(row: Any, shown: Any, names: Any) -> FollowingRow:
    """A subscription as a row; what it is about is read through the guard before."""
    kind = KINDS.get(row["kind"])
    return FollowingRow(
        number=row["n"],
        what=kind.label if kind else _("Tous les types"),
        whom=whom(row, shown),
        channel=CHANNELS[row["channel"]],
        how=_how(row),
        told=_("toute la structure") if row["structure"] else "",
        starts=local(row["starts"]),
        ends=local(row["ends"]) if row["ends"] else "",
        made_by=names.get(row["made_by"], row["made_by"]),
    )


def _rules_of(principal: Principal) -> list[str]:
    if principal.role == PATIENT:
        return []
    if principal.role in _AROUND:
        return [rules.RELATIVE]
    found = [rules.ATTENDING] if principal.profession == _DOCTOR else []
    return [*found, rules.RESIDENCE, rules.FILE, rules.AWAITED] if principal.structure else found


def whom(row: Any, shown: Any) -> str:
    """Of whom a subscription tells, as its reader may know it."""
    if row["patient"]:
        patient = shown.get(row["patient"])
        if patient is None:
            return _("un dossier qui ne vous est plus ouvert")
        traits = read_traits(patient)
        return f"{traits.birth_name} {next(iter(traits.first_names), '')}".strip()
    if row["place"]:
        return str(shown.get(row["place"], {}).get("name", _("une structure")))
    return _("toutes les personnes que je suis")


def _how(row: Any) -> str:
    if not row["wanted"]:
        return _("jamais")
    if row["channel"] not in {"email", "sms"}:
        return _("tout de suite")
    return _("tout de suite") if row["at_once"] else _("urgent tout de suite, le reste groupé")
