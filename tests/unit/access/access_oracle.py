"""A second, slow mind: the decision written anew from the words of the requirement.

It reads plain dictionaries and the CSV files, shares no code with the product, and asks the
questions in the order of the text: is the door known, does the patient hide it, does somebody
stand in a relation, does the decree allow it, is the sign-in sure enough.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared_data import ROOT

Case = Mapping[str, Any]
LISTED_ROLES = ("regulation", "emergency")


class Verdict(NamedTuple):
    """Permitted or not, HTTP status, whether the glass may be broken."""

    permitted: bool
    status: int
    offers: bool


ABSENT = Verdict(False, 404, False)


def verdict(case: Case) -> Verdict:
    """What should come out."""
    if not case["token_allows"]:
        return Verdict(False, 403, False)
    who = case["who"]
    if who == "system":
        return _system(case)
    if who == "patient":
        return _yes_if(_patient_may(case))
    if who in ("representative", "carer"):
        return _yes_if(_near_one_may(case))
    return _professional(case)


def _yes_if(condition: bool) -> Verdict:
    return Verdict(True, 200, False) if condition else ABSENT


def _now_between(case: Case, start: datetime, end: datetime | None) -> bool:
    return not (case["now"] < start or (end is not None and case["now"] >= end))


def _running(case: Case, kind: str) -> list[Case]:
    """Relations of a kind that run now; consultation, emergency and glass must have an end."""
    return [
        tie
        for tie in case["ties"]
        if tie["kind"] == kind
        and _now_between(case, tie["start"], tie["end"])
        and not (kind in ("consultation", "emergency", "glass") and tie["end"] is None)
    ]


def _waits_for_announcement(case: Case) -> bool:
    wait = case["paper"]["announcement"]
    return wait == "never" or (wait is not None and wait > case["now"])


def _system(case: Case) -> Verdict:
    if case["why"] not in ("TREAT", "ETREAT", "COC", "PATADMIN"):
        return ABSENT
    paper = case["paper"]
    hides = (paper is not None and paper["masked"]) or case["opposes_sharing"]
    return _yes_if(case["right"] == "write" or not hides)


def _patient_may(case: Case) -> bool:
    paper = case["paper"]
    if case["why"] != "PATRQT" or not _running(case, "self"):
        return False
    if paper is not None and _waits_for_announcement(case):
        return False
    if case["right"] == "read":
        return True
    return paper is not None and paper["category"] == "patient"


def _near_one_may(case: Case) -> bool:
    """Parents, tutors, carers: within what each was given, never a minor's secret."""
    paper, given = case["paper"], _given(case)
    if case["why"] != "FAMRQT":
        return False
    if paper is None:
        return case["right"] == "read" and "read" in given
    if _waits_for_announcement(case) or paper["secret"]:
        return False
    hidden = paper["masked"] and "mask" not in given
    if case["right"] == "write":
        return not hidden and "deposit" in given and paper["category"] == "patient"
    open_to = "N" if case["who"] == "carer" else "NRV"
    return not hidden and "read" in given and paper["level"] in open_to


def _given(case: Case) -> set[str]:
    """Powers for this paper, of all running mandates together."""
    paper = case["paper"]
    given: set[str] = set()
    for tie in _running(case, case["who"]):
        place = paper and (paper["part"] or paper["category"])
        wide = paper is None or "*" in tie["categories"] or place in tie["categories"]
        given |= set(tie["powers"]) if wide else set()
    return given


def _professional(case: Case) -> Verdict:
    paper = case["paper"]
    if not _purpose_fits(case) or not _delegation_runs(case):
        return ABSENT
    if paper is None:
        if case["right"] == "write":
            return ABSENT
        return Verdict(True, 200, False) if _doors(case) else _closed_record(case)
    if not (_is_author(case) or _may_open_paper(case)):
        return ABSENT
    # The document would be theirs to read: a weak sign-in may be told so.
    if paper["dmp"] and case["factors"] < 2:
        return Verdict(False, 403, False)
    return Verdict(True, 200, False)


def _purpose_fits(case: Case) -> bool:
    if case["why"] == "PATADMIN":
        return case["paper"] is None or case["paper"]["category"] == "gestion"
    return case["why"] in ("TREAT", "ETREAT", "COC")


def _delegation_runs(case: Case) -> bool:
    given = case["delegation"]
    return given is None or (given["start"] <= case["now"] < given["end"])


def _acting(case: Case, what: str) -> str:
    return (case["delegation"] or case)[what]


def _is_author(case: Case) -> bool:
    author = case["paper"]["author"]
    return case["right"] == "read" and author != "" and author == _acting(case, "practitioner")


def _is_blocked(case: Case) -> bool:
    if _running(case, "attending"):
        return False
    names = [case["practitioner"], _acting(case, "practitioner"), case["structure"]]
    return any(name and name in case["blocked"] for name in names)


def _doors(case: Case) -> set[str]:
    """Kinds of relation through which this professional may come in; blocked: none."""
    if _is_blocked(case):
        return set()
    doors: set[str] = set()
    if not case["opposes_sharing"]:
        doors |= {tie["kind"] for tie in _running(case, "team") if tie["informed"]}
        if case["why"] != "PATADMIN":
            doors |= {tie["kind"] for tie in _running(case, "circle") if tie["informed"]}
            doors |= {"attending"} if _running(case, "attending") else set()
            doors |= {"consultation"} if _running(case, "consultation") else set()
    urgent = case["why"] == "ETREAT" and case["right"] == "read"
    if urgent and _breaker(case) and not case["opposes_emergency"]:
        doors |= {kind for kind in ("emergency", "glass") if _running(case, kind)}
    return doors


def _breaker(case: Case) -> bool:
    return case["role"] in LISTED_ROLES and case["delegation"] is None


def _closed_record(case: Case) -> Verdict:
    """No door: who found the patient, and may break the glass, learns that they exist."""
    if not (case["found"] and _breaker(case) and case["why"] in ("TREAT", "ETREAT")):
        return ABSENT
    return Verdict(False, 403, not case["opposes_emergency"] and not _is_blocked(case))


def _may_open_paper(case: Case) -> bool:
    paper, doors = case["paper"], _doors(case)
    if not doors:
        return False
    if paper["masked"] and not (case["mt_sees_masked"] and _running(case, "attending")):
        return False
    if paper["level"] == "R" and doors <= {"circle", "emergency"}:
        return False
    if paper["level"] == "V" and not _sees_very_restricted(case, doors):
        return False
    return decree_allows(
        _acting(case, "profession"), paper["type"], paper["category"], case["right"], case["now"]
    )


def _sees_very_restricted(case: Case, doors: set[str]) -> bool:
    if case["delegation"] is not None:
        return False
    home = case["paper"]["structure"]
    return (
        "attending" in doors
        or "glass" in doors
        or ("team" in doors and home != "" and home == case["structure"])
    )


def decree_allows(profession: str, document: str, category: str, right: str, now: datetime) -> bool:
    """The rows of the file, from the first to the last; a row of the type is above its category."""
    state = ""
    for wanted in (f"category:{category}", document):
        for row in _file():
            day = datetime.fromisoformat(row["effective"]).replace(tzinfo=ZoneInfo("Europe/Paris"))
            same = (row["profession"], row["document"], row["right"]) == (profession, wanted, right)
            if day <= now and same:
                state = row["state"]
    return state == "open"


@cache
def _file() -> list[dict[str, str]]:
    text = (ROOT / "matrix" / "habilitations.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
