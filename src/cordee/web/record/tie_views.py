"""The circle of a patient in words: who, why, since when, until when."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.record.ties import Tie, Why
from cordee.runtime import french
from cordee.web.language import gettext as _

_WHY = {
    Why.ATTENDING: _("Médecin traitant"),
    Why.KEEPER: _("Tient le dossier"),
    Why.TEAM: _("Équipe de soins"),
    Why.CIRCLE: _("Cercle de soins"),
    Why.RELATIVE: _("Entourage"),
}


@dataclass(frozen=True, slots=True)
class TieRow:
    """One row; empty texts are shown as not said."""

    name: str
    role: str
    why: str
    since: str
    until: str
    is_over: bool


def tie_row(tie: Tie) -> TieRow:
    """Give the words of one tie."""
    why = _WHY[tie.why]
    if tie.count:
        stays = french.plural(tie.count, _("venue"), _("venues"))
        why = _("%(why)s, %(stays)s") % {"why": why, "stays": stays}
    until = french.short_date(tie.until)
    return TieRow(
        tie.name, tie.role, why, french.short_date(tie.since),
        until if until else (_("en cours") if tie.is_open else ""), bool(until) and not tie.is_open,
    )  # fmt: skip
