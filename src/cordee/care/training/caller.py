"""The caller of a night: what they say first, and what they answer once they are asked. C1.13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cordee.care.regulation.cases import Case, Said, Stamp, stamp
from cordee.care.regulation.motives import motives
from cordee.care.regulation.sealing import Box
from cordee.care.training.night import Told
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import RuleBroken

ASKED: Final = "asked"
"""The kind of the stamp of a question."""
COMMON: Final[Mapping[str, str]] = {"ou": "Où êtes-vous ?", "age": "Quel âge a la personne ?"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that may be asked, with the answer once it was; "" before."""

    key: str
    words: str
    answer: str = ""


def turns_of(told: Told, motive: str, asked: Sequence[str]) -> list[Turn]:
    """The questions of a motive and the common ones; those that were asked keep their answer."""
    known = {key.partition("/")[0] for key in asked} | {motive}
    words = dict(COMMON) | {
        f"{code}/{one.key}": one.words
        for code, found in motives().items()
        if code in known
        for one in found.questions
        if code == motive or f"{code}/{one.key}" in asked
    }
    return [
        Turn(key, said, answer_of(told, key) if key in asked else "") for key, said in words.items()
    ]


def answer_of(told: Told, key: str) -> str:
    """What the caller answers to a question, by its key: `M03.06/f1`, `ou`, `age`."""
    if key == "ou":
        return told.place or "Je ne sais pas bien."
    if key == "age":
        return told.age or "Je ne sais pas."
    code, _slash, question = key.partition("/")
    if question.startswith("f"):
        return "Oui." if code == told.motive and question in told.flags else "Non, pas cela."
    return told.answers.get(question, "") if code == told.motive else "Je ne saurais pas dire."


def asked_of(stamps: Sequence[Stamp]) -> list[str]:
    """The questions that were asked in a case, in their order."""
    return [str(one.content["key"]) for one in stamps if one.kind == ASKED]


async def ask(
    database: Database, box: Box, principal: Principal, of: tuple[Case, Sequence[Stamp], str],
    at: datetime,
) -> None:  # fmt: skip
    """Stamps that a question was asked, once; raises `RuleBroken` for one that is not ours."""
    case, stamps, key = of
    code, _slash, question = key.partition("/")
    found = motives().get(code)
    known = {one.key: one.words for one in found.questions} if found else {}
    words = COMMON.get(key) or known.get(question)
    if words is None:
        raise RuleBroken("Choisissez une question de la liste.", expression=("question",))
    if key in asked_of(stamps):
        return
    async with database.transaction() as connection:
        said = Said(ASKED, principal.user, at, at, {"key": key, "words": words})
        await stamp(connection, box, case.centre, (case.call, case.id), said)
