"""A campaign, its territories, and the way from an idea to a kit: pure.

Each territory has its word; one that declines stops no other. Rules: G3.1, G3.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson

from cordee.care.campaigns.kits import Kit, kit_of
from cordee.runtime.errors import Conflict, Issue, ResourceInvalid

IDEA, INSTRUCTED, VALIDATED = "idea", "instructed", "validated"
LAUNCHED, RUNNING, CLOSING, CAPITALISED, DROPPED = (
    "launched", "running", "closing", "capitalised", "dropped",
)  # fmt: skip
STATES: Final[Mapping[str, str]] = {
    IDEA: "Idée",
    INSTRUCTED: "Instruite",
    VALIDATED: "Validée par les territoires",
    LAUNCHED: "Lancée",
    RUNNING: "En cours",
    CLOSING: "Bilan",
    CAPITALISED: "Capitalisée",
    DROPPED: "Abandonnée",
}
OPEN: Final = (LAUNCHED, RUNNING)
"""States in which médecins traitants list and invite their patients."""
MOVES: Final[Mapping[str, tuple[str, str, str]]] = {
    "instruct": (IDEA, INSTRUCTED, "Soumettre aux territoires"),
    "launch": (VALIDATED, LAUNCHED, "Lancer : les médecins traitants voient leurs patients"),
    "begin": (LAUNCHED, RUNNING, "Les premières journées commencent"),
    "close": (RUNNING, CLOSING, "Clore et écrire le bilan"),
    "capitalise": (CLOSING, CAPITALISED, "Publier le bilan et le kit"),
}
"""Moves of who steers: from, to, label. Validation comes of the words of the territories."""
DROP: Final = "drop"
ASKED, AGREED, DECLINED = "asked", "validated", "declined"
CHANNELS: Final[Mapping[str, str]] = {
    "sms": "SMS", "letter": "Courrier", "space": "Espace du patient",
}  # fmt: skip
FEWEST: Final = 2
"""Departments that a campaign is proposed to, at least (G3.1)."""
LONGEST: Final = 600
MOST_BUDGET: Final = 10**11


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a campaign; money in cents."""

    title: str
    objective: str
    owner: str
    basis: str
    channels: tuple[str, ...]
    starts: date | None
    ends: date | None
    budget: int | None
    territories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Territory:
    """A territory of a campaign and its word: asked, validated or declined with its motive."""

    code: str
    word: str
    motive: str = ""
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign with the version that a change replaces."""

    id: str
    version: int
    kit: Kit
    told: Told
    state: str
    territories: tuple[Territory, ...]
    spent: int | None = None
    lesson: str = ""
    drafted: Mapping[str, Any] | None = None
    report: Mapping[str, Any] | None = None

    @property
    def active(self) -> tuple[str, ...]:
        """The territories that have not declined."""
        return tuple(one.code for one in self.territories if one.word != DECLINED)

    @property
    def is_open(self) -> bool:
        """Whether patients are listed and invited."""
        return self.state in OPEN


def moves(campaign: Campaign) -> list[str]:
    """The moves that whoever steers can make now."""
    found = [name for name, (source, _, _) in MOVES.items() if source == campaign.state]
    return [*found, DROP] if campaign.state in {IDEA, INSTRUCTED, VALIDATED} else found


def moved(campaign: Campaign, move: str) -> str:
    """The state after a move; raises `Conflict` with what is possible instead."""
    if move not in moves(campaign):
        known = ", ".join(f"« {MOVES[one][2]} »" for one in moves(campaign) if one in MOVES)
        possible = f" Possible maintenant : {known}." if known else ""
        raise Conflict(f"La campagne est « {STATES[campaign.state]} ».{possible}")
    return DROPPED if move == DROP else MOVES[move][1]


def after_words(territories: Sequence[Territory]) -> str:
    """The state of an instructed campaign once a territory has spoken."""
    words = {one.word for one in territories}
    if ASKED in words:
        return INSTRUCTED
    return VALIDATED if AGREED in words else DROPPED


def check(told: Told, known: Mapping[str, str]) -> None:
    """Returns when a campaign can be kept; raises `ResourceInvalid` with each problem."""
    problems = [
        (where, text)
        for where, is_wrong, text in (
            ("title", not 0 < len(told.title) <= LONGEST, "Donnez un titre."),
            ("objective", not 0 < len(told.objective) <= LONGEST, "Dites l’objectif."),
            ("owner", not 0 < len(told.owner) <= LONGEST, "Dites qui la porte."),
            ("basis", not 0 < len(told.basis) <= LONGEST, "Dites la base légale et l’information."),
            ("channels", not told.channels or bool(set(told.channels) - set(CHANNELS)),
             "Choisissez au moins un canal."),
            ("starts", told.starts is None, "Donnez le premier jour."),
            ("ends", told.ends is None or (told.starts is not None and told.ends < told.starts),
             "Donnez le dernier jour, après le premier."),
            ("budget", told.budget is None or not 0 <= told.budget <= MOST_BUDGET,
             "Donnez le budget en euros."),
            ("territories", len(set(told.territories) & set(known)) < FEWEST,
             f"Choisissez {FEWEST} départements au moins."),
        )
        if is_wrong
    ]  # fmt: skip
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (at,)) for at, text in problems])


def campaign_of(row: Mapping[str, Any], territories: Sequence[Territory]) -> Campaign:
    """A campaign of its row."""
    told = Told(
        row["title"], row["objective"], row["owner"], row["basis"], tuple(row["channels"]),
        row["starts"], row["ends"], row["budget"], tuple(one.code for one in territories),
    )  # fmt: skip
    return Campaign(
        str(row["id"]), row["version"], kit_of(orjson.loads(row["content"]), "campaign"), told,
        row["state"], tuple(territories), row["spent"], row["lesson"],
        row["drafted"] and orjson.loads(row["drafted"]),
        row["report"] and orjson.loads(row["report"]),
    )  # fmt: skip
