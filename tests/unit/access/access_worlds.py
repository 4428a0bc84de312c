"""Generated cases, as plain dictionaries, and the requests of the product made from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from cordee.access.facts import (
    Actor,
    Confidentiality,
    Consent,
    Delegation,
    Document,
    Level,
    Power,
    Relation,
    RelationKind,
    Request,
)
from cordee.access.matrix import Right, catalogue, in_force, shipped_versions
from cordee.access.purposes import Kind, Purpose

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BEFORE_DECREE = datetime(2023, 10, 28, 12, 0, tzinfo=UTC)
PEOPLE = ("", "Practitioner/1", "Practitioner/2")
PLACES = ("", "Organization/1", "Organization/2")
PARTS = ("rendez-vous", "sante", "medicaments", "resultats", "reste")
PROFESSIONAL_TIES = ("team", "attending", "circle", "consultation", "emergency", "glass")
OWN_PURPOSE = {"patient": "PATRQT", "representative": "FAMRQT", "carer": "FAMRQT"}
OWN_TIE = {"patient": "self", "representative": "representative", "carer": "carer"}


def case(random: Random) -> dict[str, Any]:
    """One case. Chances lean to what a rule turns on, so that permits are not rare."""
    who = random.choices([kind.value for kind in Kind], (12, 2, 3, 3, 1))[0]
    now = random.choices((NOW, BEFORE_DECREE), (30, 1))[0]
    fits = {"professional": ("TREAT", "ETREAT", "ETREAT", "COC", "PATADMIN"), "system": ("TREAT",)}
    purposes = fits.get(who) or (OWN_PURPOSE[who],)
    return {
        "who": who,
        "now": now,
        "why": random.choice(list(Purpose)).value if _rare(random) else random.choice(purposes),
        "right": "write" if random.random() < 0.2 else "read",
        "token_allows": not _rare(random),
        "role": random.choice(("", "doctor", "regulation", "emergency", "emergency")),
        "profession": random.choice(("10", "10", "10", *catalogue().professions, "99", "")),
        "practitioner": random.choice(PEOPLE),
        "structure": random.choice(PLACES),
        "factors": random.choice((1, 2, 2)),
        "delegation": _delegation(random, now) if who == "professional" and _rare(random) else None,
        "ties": [_tie(random, who, now) for _ in range(random.choice((0, 1, 1, 2, 3)))],
        "paper": _paper(random, now) if random.random() < 0.8 else None,
        "opposes_sharing": random.random() < 0.15,
        "opposes_emergency": random.random() < 0.2,
        "blocked": tuple({random.choice(PEOPLE + PLACES)} - {""}) if _rare(random) else (),
        "mt_sees_masked": random.random() < 0.5,
        "found": random.random() < 0.5,
    }  # fmt: skip


def request(case: dict[str, Any]) -> Request:
    """The same case as the product asks it."""
    return Request(
        actor=_actor(case),
        purpose=Purpose(case["why"]),
        right=Right(case["right"]),
        at=case["now"],
        relations=tuple(
            Relation(
                RelationKind(tie["kind"]), tie["start"], tie["end"], informed=tie["informed"],
                powers=frozenset(map(Power, tie["powers"])),
                categories=frozenset(tie["categories"]),
            )
            for tie in case["ties"]
        ),
        document=_document(case["paper"]),
        consent=Consent(
            case["opposes_sharing"], case["opposes_emergency"], frozenset(case["blocked"]),
            case["mt_sees_masked"],
        ),
        in_scope=case["token_allows"],
        found_by_identity=case["found"],
        matrix=in_force(shipped_versions(), case["now"]),
    )  # fmt: skip


def _actor(case: dict[str, Any]) -> Actor:
    given = case["delegation"]
    return Actor(
        kind=Kind(case["who"]),
        user="u",
        role=case["role"],
        profession=case["profession"],
        practitioner=case["practitioner"],
        structure=case["structure"],
        level=Level(case["factors"]),
        delegation=Delegation(**given) if given else None,
    )


def _document(paper: dict[str, Any] | None) -> Document | None:
    if paper is None:
        return None
    wait = paper["announcement"]
    return Document(
        type=paper["type"],
        category=paper["category"],
        author=paper["author"],
        structure=paper["structure"],
        confidentiality=Confidentiality(paper["level"]),
        masked=paper["masked"],
        secret=paper["secret"],
        deferred=wait is not None,
        deferred_until=None if wait == "never" else wait,
        in_dmp=paper["dmp"],
        part=paper["part"],
    )


def _rare(random: Random) -> bool:
    return random.random() < 0.1


def _span(random: Random, now: datetime) -> tuple[datetime, datetime | None]:
    hour = timedelta(hours=1)
    return random.choice(
        [
            (now - hour, now + hour), (now - hour, now + hour), (now - hour, None),
            (now, now + hour), (now - hour, now), (now + hour, None),
        ]
    )  # fmt: skip


def _delegation(random: Random, now: datetime) -> dict[str, Any]:
    start, end = _span(random, now)
    return {
        "practitioner": random.choice(PEOPLE[1:]),
        "profession": random.choice(("10", "60")),
        "start": start,
        "end": end or now + timedelta(days=1),
    }


def _tie(random: Random, who: str, now: datetime) -> dict[str, Any]:
    start, end = _span(random, now)
    own = OWN_TIE.get(who)
    kinds = [own] if own else PROFESSIONAL_TIES
    if _rare(random):
        kinds = [kind.value for kind in RelationKind]
    categories = (*catalogue().categories, *PARTS, "*", "*", "*", "*", "*")
    return {
        "kind": random.choice(kinds),
        "start": start,
        "end": end,
        "informed": random.random() < 0.8,
        "powers": tuple(
            power for power in ("read", "deposit", "mask", "manage") if random.random() < 0.6
        ),
        "categories": tuple({random.choice(categories) for _ in range(2)}),
    }


def _paper(random: Random, now: datetime) -> dict[str, Any]:
    kind = random.choice(("60591-5", "60591-5", "ATTEST-RESID", "unknown", "DOCPAT02", *_types()))
    return {
        "type": kind,
        "category": catalogue().category_of.get(kind, "gestion"),
        "author": random.choice(PEOPLE),
        "structure": random.choice(PLACES),
        "level": random.choice("NNNNRV"),
        "masked": random.random() < 0.15,
        "secret": random.random() < 0.2,
        "announcement": random.choice((*[None] * 5, "never", now - timedelta(1), now, now + timedelta(1))),
        "dmp": random.random() < 0.5,
        "part": random.choice(("", "", "", *PARTS)),
    }  # fmt: skip


def _types() -> tuple[str, ...]:
    return tuple(catalogue().category_of)[::12]
