"""What is decided of each line of a comparison, and the List that says it in FHIR. Rule: B7.9.

The List does not change a prescription: a prescription is its author's. Decision 0067.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cordee.care.homes.comparing import Kind, Line, Medicine
from cordee.care.store import Resource
from cordee.care.workflow.tasks import BASE
from cordee.identity.principal import Principal
from cordee.runtime.errors import Issue, ResourceInvalid

CODE: Final = BASE + "liste"
FLAG: Final = BASE + "conciliation"
CHOICE: Final = BASE + "conciliation-decision"
RECONCILED: Final = "conciliation"
_SHORTEST: Final = 5


class Choice(StrEnum):
    """What is decided of a line."""

    BEFORE = "before"
    AFTER = "after"
    STOP = "stop"
    OTHER = "other"


CHOICES: Final[Mapping[Kind, tuple[Choice, ...]]] = {
    Kind.SAME: (Choice.AFTER, Choice.STOP, Choice.OTHER),
    Kind.CHANGED: (Choice.AFTER, Choice.BEFORE, Choice.STOP, Choice.OTHER),
    Kind.ADDED: (Choice.AFTER, Choice.STOP, Choice.OTHER),
    Kind.ABSENT: (Choice.BEFORE, Choice.STOP, Choice.OTHER),
}
"""What can be decided of a line, by how it differs."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice with its reason, and the dose where it is another."""

    choice: str
    reason: str = ""
    dose: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """One line of the List: what was before, what came back, what is proposed."""

    name: str
    kind: str
    before: str
    after: str
    choice: str
    dose: str
    reason: str
    risk: str

    @property
    def is_taken(self) -> bool:
        """Whether the medicine is to be taken."""
        return self.choice != Choice.STOP


def check(lines: Sequence[Line], decisions: Mapping[str, Decision]) -> None:
    """Returns when each line is decided; raises `ResourceInvalid` with each that is not."""
    problems: list[tuple[str, str]] = []
    for line in lines:
        given = decisions.get(line.key, Decision(""))
        if given.choice not in CHOICES[line.kind]:
            problems.append((line.key, f"{line.name} : décidez."))
        elif given.choice == Choice.OTHER and not given.dose:
            problems.append((line.key, f"{line.name} : écrivez la dose."))
        elif given.choice != Choice.AFTER and len(given.reason) < _SHORTEST:
            problems.append((line.key, f"{line.name} : dites pourquoi, en 5 lettres au moins."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])


def list_of(
    lines: Sequence[Line],
    decisions: Mapping[str, Decision],
    principal: Principal,
    about: tuple[str, str],
    at: str,
) -> dict[str, Any]:
    """The List of a comparison that is decided; `about` is the person and the stay, or ""."""
    patient, stay = about
    made: dict[str, Any] = {
        "resourceType": "List",
        "status": "current",
        "mode": "changes",
        "title": "Conciliation des traitements",
        "code": _concept(CODE, RECONCILED, "Conciliation des traitements"),
        "subject": {"reference": patient},
        "date": at,
        "source": {"reference": principal.practitioner or principal.structure},
        "contained": [
            _statement(n, one, decisions[one.key], patient) for n, one in enumerate(lines, 1)
        ],
        "entry": [_entry(n, one, decisions[one.key]) for n, one in enumerate(lines, 1)],
    }
    if stay:
        made["encounter"] = {"reference": stay}
    if not lines:
        del made["contained"], made["entry"]
        made["emptyReason"] = {"text": "Aucun traitement avant ni au retour"}
    return made


def decided_of(found: Resource) -> list[Decided]:
    """The lines of a List of ours."""
    inside = {f"#{one.get('id')}": one for one in found.get("contained", ())}
    lines: list[Decided] = []
    for entry in found.get("entry", ()):
        one = inside.get(str((entry.get("item") or {}).get("reference", "")), {})
        notes = {
            str(n.get("authorString", "")): str(n.get("text", "")) for n in one.get("note", ())
        }
        codes = {c.get("system"): c.get("code", "") for c in entry["flag"].get("coding", ())}
        lines.append(
            Decided(
                name=str((one.get("medicationCodeableConcept") or {}).get("text", "")),
                kind=str(codes.get(FLAG, "")),
                before=notes.get("avant", ""),
                after=notes.get("retour", ""),
                choice=str(codes.get(CHOICE, "")),
                dose=str(next(iter(one.get("dosage", ())), {}).get("text", "")),
                reason=notes.get("motif", ""),
                risk=notes.get("risque", ""),
            )
        )
    return lines


def _statement(n: int, line: Line, decided: Decision, patient: str) -> dict[str, Any]:
    notes = {
        "avant": words(line.before), "retour": words(line.after), "motif": decided.reason,
        "risque": line.risk,
    }  # fmt: skip
    stops = decided.choice == Choice.STOP
    kept = line.after if decided.choice == Choice.AFTER else line.before or line.after
    made: dict[str, Any] = {
        "resourceType": "MedicationStatement",
        "id": f"l{n}",
        "status": "stopped" if stops else "active",
        "medicationCodeableConcept": {"text": (kept or line.after or Medicine("")).name},
        "subject": {"reference": patient},
        "note": [{"authorString": who, "text": text} for who, text in notes.items() if text],
    }
    dose = decided.dose if decided.choice == Choice.OTHER else (kept.dose if kept else "")
    if dose and not stops:
        made["dosage"] = [{"text": dose}]
    sources = [m.source for m in (line.before, line.after) if m and m.source]
    if sources:
        made["derivedFrom"] = [{"reference": one} for one in sources]
    return made


def _entry(n: int, line: Line, decided: Decision) -> dict[str, Any]:
    flag = [
        {"system": FLAG, "code": line.kind.value},
        {"system": CHOICE, "code": decided.choice},
    ]
    made: dict[str, Any] = {"flag": {"coding": flag}, "item": {"reference": f"#l{n}"}}
    if decided.choice == Choice.STOP:
        made["deleted"] = True
    return made


def words(medicine: Medicine | None) -> str:
    """A medicine with its dose, "" for none."""
    return " ; ".join(one for one in (medicine.name, medicine.dose) if one) if medicine else ""


def _concept(system: str, code: str, text: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}
