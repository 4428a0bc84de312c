"""Who may be at the inbox, and the filter that the address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from cordee.care.notifications.desk import NotificationDesk
from cordee.care.notifications.inbox import Filter
from cordee.care.notifications.kinds import KINDS
from cordee.care.notifications.states import OPEN, SEEN, State
from cordee.runtime.errors import NotFound
from cordee.web.language import gettext as _

PATH: Final = "/evenements-recus"
STATES: Final = {
    "non-lus": (_("Non lus"), tuple(one.value for one in OPEN)),
    "lus": (_("Lus"), tuple(one.value for one in SEEN)),
    "accuses": (_("Accusés"), (State.ACKNOWLEDGED.value,)),
    "tous": (_("Tous"), ()),
}
SPANS: Final = {
    "": (_("Depuis toujours"), None),
    "jour": (_("Dernières 24 h"), timedelta(days=1)),
    "semaine": (_("7 derniers jours"), timedelta(days=7)),
}
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter of an address: none of it is a value of a patient."""

    state: str
    kind: str
    is_urgent: bool
    span: str
    before: int | None

    def filter(self, now: datetime) -> Filter:
        """As the inbox takes it."""
        length = SPANS[self.span][1]
        return Filter(
            states=STATES[self.state][1],
            kinds=(self.kind,) if self.kind else (),
            urgent=True if self.is_urgent else None,
            since=now - length if length else None,
        )

    def query(self, **changes: str) -> str:
        """The same filter as a query, with some parts of it changed; "" for the first one."""
        values: Mapping[str, str] = {
            "etat": self.state if self.state != "non-lus" else "",
            "type": self.kind,
            "urgence": "oui" if self.is_urgent else "",
            "periode": self.span,
        } | changes
        kept = {name: text for name, text in values.items() if text}
        return f"?{urlencode(kept)}" if kept else ""


def desk_of(request: Request) -> NotificationDesk:
    """The desk of notifications; raises `NotFound` where this process has none."""
    desk: NotificationDesk | None = request.app.state.ports.notifications
    if desk is None:
        raise NotFound("nothing is told here")
    return desk


def asked(request: Request) -> Asked:
    """What the address asks for; what it does not know counts as not said."""
    given = request.query_params
    state, span = given.get("etat", ""), given.get("periode", "")
    before = given.get("avant", "")
    return Asked(
        state=state if state in STATES else "non-lus",
        kind=given.get("type", "") if given.get("type", "") in KINDS else "",
        is_urgent=given.get("urgence", "") == "oui",
        span=span if span in SPANS else "",
        before=int(before) if is_number(before) else None,
    )


def number_of(request: Request) -> int:
    """The number in the address; raises `NotFound` for what is none."""
    text = request.path_params["number"]
    if not is_number(text):
        raise NotFound("there is no such notification")
    return int(text)


def is_number(text: str) -> bool:
    """Whether a text is a number of the base."""
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
