"""What ties somebody to the patient, as the record says it: who, why, since when, until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cordee.care.record.concepts import label, person
from cordee.care.record.ports import RecordRows, Resource

_OVER = frozenset({"inactive", "entered-in-error", "proposed", "suspended"})
_NOT_A_VISIT = frozenset({"entered-in-error", "cancelled", "planned"})


class Why(StrEnum):
    """Why a record is open to somebody. Rule: A3.3."""

    ATTENDING = "attending"
    KEEPER = "keeper"
    TEAM = "team"
    CIRCLE = "circle"
    RELATIVE = "relative"


@dataclass(frozen=True, slots=True)
class Tie:
    """One tie. `since` and `until` are FHIR dates, "" where the record does not say.

    `count` is how many stays make a tie of the team; `is_open` when it has no end.
    """

    name: str
    role: str
    why: Why
    since: str = ""
    until: str = ""
    count: int = 0
    is_open: bool = True


def read_ties(rows: RecordRows) -> tuple[Tie, ...]:
    """Ties in the order of nearness: médecin traitant, structures, circle, relatives."""
    return (*_of_patient(rows), *_of_stays(rows), *_of_teams(rows), *_of_relatives(rows))


def _of_patient(rows: RecordRows) -> Iterator[Tie]:
    for reference in rows.patient.get("generalPractitioner", ()):
        if name := person(reference, rows.names):
            yield Tie(name, "", Why.ATTENDING)
    keeper = rows.patient.get("managingOrganization")
    if keeper and (name := person(keeper, rows.names)):
        yield Tie(name, "", Why.KEEPER)


def _of_stays(rows: RecordRows) -> Iterator[Tie]:
    """One tie for each structure that received the patient, over all of its stays."""
    stays: dict[str, list[Resource]] = {}
    for one in rows.encounters:
        name = person(one.get("serviceProvider"), rows.names)
        if name and one.get("status") not in _NOT_A_VISIT:
            stays.setdefault(name, []).append(one)
    for name, found in stays.items():
        periods = [one.get("period", {}) for one in found]
        starts = [str(one["start"]) for one in periods if one.get("start")]
        ends = [str(one["end"]) for one in periods if one.get("end")]
        is_there = any(one.get("start") and not one.get("end") for one in periods)
        yield Tie(
            name, "", Why.TEAM, min(starts, default=""), "" if is_there else max(ends, default=""),
            len(found), is_there,
        )  # fmt: skip


def _of_teams(rows: RecordRows) -> Iterator[Tie]:
    for team in rows.care_team:
        if team.get("resourceType") != "CareTeam" or team.get("status") in _OVER:
            continue
        whole = team.get("period", {})
        for one in team.get("participant", ()):
            name = person(one.get("member"), rows.names)
            reference = str(one.get("member", {}).get("reference", ""))
            if not name or reference.startswith(("Patient/", "RelatedPerson/")):
                continue
            period = one.get("period", whole)
            role = ", ".join(text for text in map(label, one.get("role", ())) if text)
            until = str(period.get("end", ""))
            since = str(period.get("start", ""))
            yield Tie(name, role, Why.CIRCLE, since, until, is_open=not until)


def _of_relatives(rows: RecordRows) -> Iterator[Tie]:
    for one in rows.care_team:
        if one.get("resourceType") != "RelatedPerson" or one.get("active") is False:
            continue
        name = next(iter(one.get("name", ())), {})
        shown = str(name.get("text") or " ".join((*name.get("given", ()), name.get("family", ""))))
        if not shown.strip():
            continue
        role = ", ".join(text for text in map(label, one.get("relationship", ())) if text)
        period = one.get("period", {})
        until = str(period.get("end", ""))
        yield Tie(
            shown.strip(), role, Why.RELATIVE, str(period.get("start", "")), until,
            is_open=not until,
        )  # fmt: skip
