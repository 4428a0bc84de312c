"""Assessments of people: begun, kept part by part, finished with their scores. Rules: B4.4, B4.5.

An assessment is a QuestionnaireResponse from its first answer: in-progress while people fill it in,
completed with one Observation a score. Who saves over a part that somebody changed meanwhile is
told what stands there: nothing is lost on either side. Decision 0063.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from cordee.care.assessments.answers import digest, items_of, read_answers
from cordee.care.assessments.forms import Form, Part
from cordee.care.assessments.questionnaires import observations
from cordee.care.assessments.scores import Answers, Score, scores
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken, VersionConflict

_MOST: Final = 50
_AUTHOR: Final = "&_include=QuestionnaireResponse:author:Practitioner"
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Assessment:
    """One assessment of a person, as it stands; `author` is who wrote last."""

    key: str
    patient: str
    form: Form
    status: str
    at: str
    author: str
    version: int
    answers: Answers
    encounter: str = ""
    asked: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can still be filled in: a form that has changed since is read only."""
        return self.status == "in-progress" and self.asked == self.form.version

    def scores(self, age: int | None) -> list[Score]:
        """What its answers say together."""
        return scores(self.form, self.answers, age)


class Overlap(Conflict):
    """Somebody has changed the same part since the form was opened; `present` is what stands."""

    def __init__(self, present: Assessment) -> None:
        """Nothing was written."""
        super().__init__(
            "Quelqu’un vient d’enregistrer cette partie. Ses réponses sont à côté des vôtres : "
            "gardez ce qui est juste, puis enregistrez."
        )
        self.present = present


@dataclass(frozen=True, slots=True)
class Saved:
    """Parts that somebody saves: all their answers, and the digest that the form was opened with.

    Answers of other parts stay as they are.
    """

    parts: tuple[Part, ...]
    answers: Answers
    base: str


class Assessments:
    """The assessments of one installation."""

    def __init__(self, database: Database, store: Store, forms: Mapping[str, Form]) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._sent = Forms(database)
        self.forms = forms

    async def begin(
        self, principal: Principal, patient: str, code: str, number: str, at: datetime
    ) -> str:
        """The id of a new assessment; the same form (`number`, a UUID) sent again gives the same.

        Raises `NotFound` for a form that is not here, and for a person who is not seen.
        """
        form = self.forms.get(code)
        if form is None:
            raise NotFound("there is no such form")
        await self._store.read(principal, "Patient", patient)
        made = {
            "resourceType": "QuestionnaireResponse",
            "questionnaire": form.canonical,
            "status": "in-progress",
            "subject": {"reference": f"Patient/{patient}"},
            "authored": instant(at),
            "author": {"reference": principal.practitioner or principal.structure},
        }

        async def write(also: Also) -> str:
            return (await self._store.write(principal, [Write(made)], also))[0].id

        return await self._sent.once(number, write)

    async def of_patient(self, principal: Principal, patient: str) -> Sequence[Assessment]:
        """The assessments of a person, the newest first; at most 50."""
        query = f"patient=Patient/{patient}&_sort=-authored&_count={_MOST}{_AUTHOR}"
        rows = await self._store.search(principal, "QuestionnaireResponse", query)
        return self._read_all(rows)

    async def one(self, principal: Principal, patient: str, key: str) -> Assessment:
        """An assessment of a person; raises `NotFound` for what is none, or is not seen."""
        rows = await self._store.search(principal, "QuestionnaireResponse", f"_id={key}{_AUTHOR}")
        found = next((one for one in self._read_all(rows) if one.patient == patient), None)
        if found is None:
            raise NotFound("there is no such assessment")
        return found

    async def save(
        self, principal: Principal, present: Assessment, saved: Saved, at: datetime
    ) -> Assessment:
        """Keeps parts of an assessment, and gives it as it then stands.

        Raises `Overlap` when somebody changed the same parts, `Conflict` for one that is finished.
        """
        for _ in range(_ATTEMPTS):
            codes = {item.code for part in saved.parts for item in part.items}
            if {k: v for k, v in present.answers.items() if k in codes} == saved.answers:
                return present  # it came before: sent twice, through a cut
            if not present.is_open:
                raise Conflict("Cette évaluation est terminée : commencez-en une autre.")
            if digest(saved.parts, present.answers) != saved.base:
                raise Overlap(present)
            kept = {k: v for k, v in present.answers.items() if k not in codes}
            answers = {**kept, **saved.answers}
            written = self._response(principal, present, answers, at)
            try:
                await self._store.write(principal, [Write(written, "PUT", present.version)])
            except VersionConflict:
                present = await self.one(principal, present.patient, present.key)
                continue
            return await self.one(principal, present.patient, present.key)
        raise Overlap(present)

    async def finish(
        self, principal: Principal, present: Assessment, at: datetime, birth: date | None
    ) -> None:
        """Ends an assessment and writes its scores; raises `RuleBroken` for an empty one."""
        if not present.is_open:
            return
        if not present.answers:
            raise RuleBroken("Répondez à une question au moins avant de terminer.")
        whole = self._response(principal, present, present.answers, at, whole=True)
        whole["status"] = "completed"
        results = scores(present.form, read_answers(whole), age_on(birth, at.date()))
        about = (f"Patient/{present.patient}", f"QuestionnaireResponse/{present.key}", instant(at))
        made = observations(results, about, principal)
        await self._store.write(
            principal, [Write(whole, "PUT", present.version), *(Write(one) for one in made)]
        )

    async def stop(self, principal: Principal, present: Assessment, at: datetime) -> None:
        """Gives an assessment up: what was answered stays, and is marked as stopped."""
        if not present.is_open:
            return
        stopped = self._response(principal, present, present.answers, at) | {"status": "stopped"}
        await self._store.write(principal, [Write(stopped, "PUT", present.version)])

    def _response(
        self,
        principal: Principal,
        present: Assessment,
        answers: Answers,
        at: datetime,
        *,
        whole: bool = False,
    ) -> dict[str, Any]:
        made: dict[str, Any] = {
            "resourceType": "QuestionnaireResponse",
            "id": present.key,
            "questionnaire": present.form.canonical,
            "status": "in-progress",
            "subject": {"reference": f"Patient/{present.patient}"},
            "authored": instant(at),
            "author": {"reference": principal.practitioner or principal.structure},
        }
        if present.encounter:
            made["encounter"] = {"reference": present.encounter}
        items = items_of(present.form, answers, whole=whole)
        return made | ({"item": items} if items else {})

    def _read_all(self, rows: Sequence[Resource]) -> list[Assessment]:
        names = {
            f"Practitioner/{one['id']}": _name(one)
            for one in rows
            if one["resourceType"] == "Practitioner"
        }
        found = [self._read(one, names) for one in rows if "questionnaire" in one]
        return [one for one in found if one is not None]

    def _read(self, response: Resource, names: Mapping[str, str]) -> Assessment | None:
        canonical, _, asked = str(response["questionnaire"]).partition("|")
        form = self.forms.get(canonical.rpartition("/")[2])
        patient = party(response, "subject")
        if form is None or form.canonical.partition("|")[0] != canonical:
            return None  # a form of another software: read in `/fhir`
        return Assessment(
            key=str(response["id"]),
            patient=patient.removeprefix("Patient/"),
            form=form,
            status=str(response.get("status", "")),
            at=str(response.get("authored", "")),
            author=names.get(party(response, "author"), ""),
            version=int(response["meta"]["versionId"]),
            answers=read_answers(response),
            encounter=party(response, "encounter"),
            asked=asked,
        )


def age_on(birth: date | None, day: date) -> int | None:
    """The age in years on a day."""
    if birth is None:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def birth_of(patient: Resource) -> date | None:
    """The day of birth, None where it is not a whole day."""
    try:
        return date.fromisoformat(str(patient.get("birthDate", "")))
    except ValueError:
        return None


def _name(practitioner: Resource) -> str:
    first: Mapping[str, Any] = next(iter(practitioner.get("name", ())), {})
    parts = [*first.get("prefix", ()), *first.get("given", ())[:1], first.get("family", "")]
    return str(first.get("text") or " ".join(filter(None, parts)))
