"""One line of the trail in words, with the decision that opened it then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cordee.access.contesting import TrailLine
from cordee.access.explaining import Explained
from cordee.runtime import french
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.why.words import of_others


@dataclass(frozen=True, slots=True)
class LineView:
    """One access: who, when, why then, by which rule."""

    agent: str
    moment: datetime
    who: str
    about: str
    at: str
    why: str
    rule: str
    matrix: str
    is_person: bool


def view_line(line: TrailLine, who: Account | None, explained: Explained | None) -> LineView:
    """The words of one access; a program is authorised by its contract, not by the decision."""
    moment = line.at.astimezone(french.PARIS)
    decision = explained.decision if explained else None
    if line.acted is not None and not line.acted.is_system:
        name, role = line.acted.name, line.acted.role
    else:
        name, role = (who.name, who.role) if who else (_("Un logiciel relié"), line.agent)
    about = ", ".join(part for part in (role, who.structure if who else "") if part)
    return LineView(
        agent=line.agent,
        moment=line.at,
        who=name,
        about=about,
        at=f"{french.short_date(moment)} {french.clock(moment)}",
        why=of_others(decision.code) if decision else _("Échange entre logiciels autorisés."),
        rule=_("%(rule)s, version %(number)s") % {"rule": decision.rule, "number": decision.version}
        if decision
        else "",
        matrix=(decision.matrix or "") if decision else "",
        is_person=who is not None or line.acted is not None,
    )
