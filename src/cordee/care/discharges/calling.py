"""The call two days after a discharge: the same questions each time, kept as they were answered.

A sign of alarm asks the médecin traitant at once, or the hospital where none is known. B5.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from cordee.care.discharges.planner import Discharges
from cordee.care.notifications.outbox import Event, tell
from cordee.care.store import Placed, Resource, Store, Write
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import BASE, Asked, Wanted, moved_task, new_task, party, state_of
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict, RuleBroken

QUESTIONNAIRE: Final = "https://cordee.example/fhir/Questionnaire/appel-j2"
SIGNS: Final = BASE + "alarm-sign"
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the script; `alarm` is the answer, yes or no, that is a sign of alarm."""

    code: str
    text: str
    alarm: bool | None = None


SCRIPT: Final = (
    Question("breath", "Avez-vous plus de mal à respirer, ou dormez-vous assis ?", alarm=True),
    Question("chest", "Avez-vous eu mal dans la poitrine ou un malaise ?", alarm=True),
    Question("weight", "Avez-vous pris plus de 2 kg, ou vos jambes ont-elles gonflé ?", alarm=True),
    Question("fever", "Avez-vous de la fièvre ou des frissons ?", alarm=True),
    Question(
        "bleeding", "Saignez-vous, ou la plaie coule-t-elle ou sent-elle mauvais ?", alarm=True
    ),
    Question(
        "confusion", "Êtes-vous confus, ou vos proches vous trouvent-ils changé ?", alarm=True
    ),
    Question("fall", "Êtes-vous tombé depuis le retour ?", alarm=True),
    Question(
        "treatment", "Avez-vous tous vos médicaments, et savez-vous quoi prendre ?", alarm=False
    ),
    Question("help", "Les aides et les soins prévus sont-ils venus ?"),
    Question("visit", "Le rendez-vous avec votre médecin est-il pris ?"),
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered: `said` by the code of a question, `who` answered, words of one's own."""

    who: str
    said: Mapping[str, bool]
    words: str = ""


class Calls:
    """The calls of one installation."""

    def __init__(self, store: Store, discharges: Discharges) -> None:
        """`store` writes through the guard."""
        self._store = store
        self._discharges = discharges

    async def keep(self, principal: Principal, number: str, answers: Answers) -> list[Question]:
        """The signs of alarm of a call, which is kept; each asks somebody to act.

        Raises `RuleBroken` for a call without all answers, `Conflict` for one that was made.
        """
        planned = await self._discharges.one(principal, number)
        if state_of(planned.task) != "left":
            raise Conflict("Cet appel est déjà fait, ou la personne n’est pas sortie.")
        found = alarms(answers)
        machine, now = machines()["discharge"], clock.now()
        facts: dict[str, Any] = {"call": answers.who, "signs": len(found)}
        writes = []
        if answers.who != NOBODY:
            facts["answers"] = f"urn:uuid:{uuid4()}"
            response = _response(principal, planned.task, answers)
            writes.append(Write(response, key=facts["answers"]))
        moved = moved_task(planned.task, machine, Wanted("call", facts), now)
        first = Write(moved, "PUT", int(planned.task["meta"]["versionId"]))
        owner = ""
        if found:
            owner = attending_of(planned.patient) or party(planned.task, "owner")
            writes.append(Write(_alarm(principal, planned.task, owner, found)))

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            if found:
                await tell(connection, _event(planned.task, owner, placed[-1]))

        await self._store.write(principal, [first, *writes], also)
        return found


def alarms(answers: Answers) -> list[Question]:
    """The questions whose answer is a sign of alarm; raises `RuleBroken` for one not answered."""
    if answers.who == NOBODY:
        return []
    if not answers.who:
        raise RuleBroken("Dites qui a répondu.")
    missing = [one.text for one in SCRIPT if one.code not in answers.said]
    if missing:
        raise RuleBroken(f"Répondez à : {missing[0]}")
    return [one for one in SCRIPT if one.alarm is not None and answers.said[one.code] == one.alarm]


def attending_of(patient: Resource) -> str:
    """The reference of the médecin traitant; "" where none is known."""
    given = patient.get("generalPractitioner") or ()
    found = (str(one.get("reference", "")) for one in given)
    return next((one for one in found if one.startswith("Practitioner/")), "")


def _response(principal: Principal, task: Resource, answers: Answers) -> dict[str, Any]:
    items: list[dict[str, Any]] = [
        {"linkId": one.code, "text": one.text, "answer": [{"valueBoolean": answers.said[one.code]}]}
        for one in SCRIPT
    ]
    if answers.words:
        items.append(
            {"linkId": "words", "text": "Remarques", "answer": [{"valueString": answers.words}]}
        )
    response: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": {"reference": party(task, "for")},
        "encounter": {"reference": party(task, "encounter")},
        "authored": clock.instant(clock.now()),
        "item": items,
    }
    if principal.practitioner:
        response["author"] = {"reference": principal.practitioner}
    return response


def _alarm(
    principal: Principal, task: Resource, owner: str, found: Sequence[Question]
) -> dict[str, Any]:
    asked = Asked(
        "rupture", party(task, "for"), owner, principal.structure or party(task, "owner"),
        focus=party(task, "encounter"), text=" ".join(one.text for one in found),
        facts={"rule": "signs"},
    )  # fmt: skip
    return new_task(asked, clock.now())


def _event(task: Resource, owner: str, placed: Placed) -> Event:
    hospital = party(task, "owner")
    return Event(
        "rupture", clock.now(), f"alarm:{placed.reference}", patient=party(task, "for"),
        urgent=True, place=hospital if hospital.startswith("Organization/") else "",
        focus=placed.reference, to=(owner, hospital), detail={"rule": "signs"},
    )  # fmt: skip
