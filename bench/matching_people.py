"""People to learn from and to measure on: a drawn French population, FEBRL, fake_1000.

Names, communes and their frequencies are those of the INSEE (shared data); the errors of the
drawn duplicates are ours, in `ERRORS`, and are what docs/decisions/0022 says of them.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from random import Random

from cordee.identity.ins.matricule import key
from cordee.identity.matching.people import Person
from cordee.identity.matching.spelling import letters

NAMES, GIVEN = 60_000, 6_000  # the most frequent ones, with their counts
FIRST_DAY, DAYS = date(1930, 1, 1), 35_000
LAST_YEAR = 2025
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# How often a second file of a person has each error: assumptions, said as such.
ERRORS = {
    "birth_name": 0.08, "given_names": 0.07, "birth_date": 0.05, "sex": 0.01,
    "birth_place": 0.05, "matricule": 0.02, "home": 0.25, "contact": 0.30,
    "mistyped_contact": 0.03, "matricule_of_another": 0.015, "other_date": 0.003, "street": 0.12,
}  # fmt: skip
MISSING = {
    "birth_date": 0.01, "sex": 0.02, "birth_place": 0.20, "matricule": 0.35,
    "street": 0.10, "postcode": 0.05, "town": 0.05, "contact": 0.25, "used_name": 0.4,
}  # fmt: skip
SWAPPED_NAMES, NAME_OF_USE_ALONE, FIRST_GIVEN_ALONE = 0.015, 0.2, 0.3
TWIN, PARENT, SPOUSE = 0.02, 0.06, 0.10  # of the people drawn, those who have one on file
Pairs = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """People and the pairs of them that are one person, the smaller place first."""

    name: str
    people: tuple[Person, ...]
    pairs: Pairs


def name_counts(shared: Path, column: str) -> dict[str, int]:
    """Counts of the frequent names by their letters: `family` or `given`."""
    file, most = {"family": ("noms", NAMES), "given": ("prenoms", GIVEN)}[column]
    counts: dict[str, int] = {}
    for written, count in _counted(shared, file, most):
        counts[letters(written)] = counts.get(letters(written), 0) + count
    return counts


def french_people(shared: Path, *, size: int, seed: int, with_kin: bool) -> Labelled:
    """Drawn people of whom three in ten have a second file, with errors; with families or not."""
    draw = Random(seed)
    families = list(zip(*_counted(shared, "noms", NAMES), strict=True))
    given = list(zip(*_counted(shared, "prenoms", GIVEN), strict=True))
    towns = _communes(shared)
    drawn = [
        draw.choices(families[0], families[1], k=size * 2),
        draw.choices(given[0], given[1], k=size * 3),
        draw.choices(towns, [town[3] for town in towns], k=size * 2),
    ]
    people = [_drawn(index, drawn, draw) for index in range(size)]
    given_names = [name for person in people for name in person.given_names.split(" ")]
    if with_kin:
        people = [_related(one, people, given_names, draw) for one in people]
    pairs = set()
    for index in range(size):
        if draw.random() < 0.3:
            pairs.add((index, len(people)))
            people.append(_second(people[index], people[draw.randrange(size)], draw))
    first = [_thinned(one, draw) for one in people]
    return Labelled("french", tuple(first), frozenset(pairs))


def febrl(shared: Path, number: str, *, with_number: bool = True) -> Labelled:
    """FEBRL 1, 2 or 4 (4a and 4b together); the social number is left out on demand."""
    files = ("4a", "4b") if number == "4" else (number,)
    rows = [row for file in files for row in _febrl_rows(shared, file)]
    people = tuple(
        Person(
            birth_name=row["surname"],
            given_names=row["given_name"],
            birth_date=row["date_of_birth"],
            matricule=row["soc_sec_id"] if with_number else "",
            street=f"{row['street_number']} {row['address_1']}".strip(),
            postcode=row["postcode"],
            town=row["suburb"],
        )
        for row in rows
    )
    groups = [row["rec_id"].split("-")[1] for row in rows]
    name = f"febrl{number}" + ("" if with_number else " without number")
    return Labelled(name, people, _pairs_of(groups))


def fake_1000(shared: Path) -> Labelled:
    """The demonstration data of splink, with its clusters."""
    text = (shared / "data/08-matching/splink/fake_1000.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    people = tuple(
        Person(
            birth_name=row["surname"], given_names=row["first_name"], birth_date=row["dob"],
            town=row["city"], contact=row["email"],
        )
        for row in rows
    )  # fmt: skip
    return Labelled("fake_1000", people, _pairs_of([row["cluster"] for row in rows]))


def _pairs_of(groups: list[str]) -> Pairs:
    places: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    return frozenset(pair for held in places.values() for pair in combinations(held, 2))


def _febrl_rows(shared: Path, file: str) -> list[dict[str, str]]:
    path = shared / f"data/08-matching/febrl/dataset{file}.csv.xz"
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, skipinitialspace=True))
    return [{name: value.strip() for name, value in row.items()} for row in rows]


def _counted(shared: Path, file: str, most: int) -> Iterator[tuple[str, int]]:
    path = shared / f"data/07-france/noms/{file}_sorted_by_count.csv.xz"
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        read = 0
        for line in lines:
            name, _, count = line.strip().rpartition(",")
            if name.startswith("_") or name.startswith("AUTRES"):
                continue
            yield name, int(count)
            read += 1
            if read == most:
                return


def _communes(shared: Path) -> list[tuple[str, str, str, int]]:
    with lzma.open(shared / "data/07-france/geo/communes.json.xz", "rt", encoding="utf-8") as file:
        return [
            (one["nom"], one["code"], one["codesPostaux"][0], one["population"])
            for one in json.load(file)
            if one.get("codesPostaux") and one.get("population")
        ]


def _drawn(index: int, drawn: list[list], draw: Random) -> Person:
    families, given, towns = drawn
    born = FIRST_DAY + timedelta(days=draw.randrange(DAYS))
    sex = draw.choice("MF")
    home, cradle = towns[2 * index], towns[2 * index + 1]
    number = f"{'12'['MF'.index(sex)]}{born:%y%m}{cradle[1]}{index % 999 + 1:03d}"
    married = sex == "F" and draw.random() < 0.35
    return Person(
        birth_name=families[2 * index],
        used_name=families[2 * index + 1] if married else "",
        given_names=" ".join(given[3 * index : 3 * index + draw.randint(1, 3)]),
        birth_date=born.isoformat(),
        sex=sex,
        birth_place=cradle[1],
        matricule=number + key(number),
        street=f"{draw.randint(1, 90)} rue {draw.choice(families)}",
        postcode=home[2],
        town=home[0],
        contact=f"06{draw.randrange(10**8):08d}",
    )


def _related(one: Person, people: list[Person], given: list[str], draw: Random) -> Person:
    """The same person, or the twin, the child or the spouse of another one, at the same home."""
    kind, other = draw.random(), people[draw.randrange(len(people))]
    home = {"street": other.street, "postcode": other.postcode, "town": other.town}
    if kind < TWIN:
        body = other.matricule[:10] + f"{int(other.matricule[10:13]) % 999 + 1:03d}"
        return replace(
            other, given_names=draw.choice(given), used_name="", matricule=body + key(body)
        )
    if kind < TWIN + PARENT:
        same_given = draw.random() < 0.1
        names = other.given_names if same_given else one.given_names
        born = _generation_apart(other.birth_date, draw)
        number = f"{one.matricule[0]}{born[2:4]}{born[5:7]}{one.matricule[5:13]}"
        return replace(
            one, birth_name=other.birth_name, given_names=names, contact=other.contact,
            birth_date=born, matricule=number + key(number), **home,
        )  # fmt: skip
    if kind < TWIN + PARENT + SPOUSE:
        return replace(one, used_name=other.birth_name, contact=other.contact, **home)
    return one


def _generation_apart(birth_date: str, draw: Random) -> str:
    """A birth from 18 to 45 years after another, or before it for someone young."""
    years = draw.randint(18, 45)
    year = int(birth_date[:4])
    year = year + years if year + years <= LAST_YEAR else year - years
    return f"{year}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"


def _second(one: Person, other: Person, draw: Random) -> Person:
    """A second file of a person; what changes of home or phone is taken from someone else."""
    changes: dict[str, str] = {}
    for error, wrong in _slips(one, other, draw).items():
        if draw.random() < ERRORS[error]:
            changes |= wrong
    changed = replace(one, **changes)
    if draw.random() < FIRST_GIVEN_ALONE:
        changed = replace(changed, given_names=changed.given_names.split(" ")[0])
    if draw.random() < SWAPPED_NAMES:
        first = changed.given_names.split(" ")[0]
        return replace(changed, birth_name=first, given_names=changed.birth_name)
    if one.used_name and draw.random() < NAME_OF_USE_ALONE:
        return replace(changed, birth_name=one.used_name, used_name="")
    return changed


def _slips(one: Person, other: Person, draw: Random) -> dict[str, dict[str, str]]:
    """What each error of `ERRORS` would make of a person."""
    home = {"street": other.street, "postcode": other.postcode, "town": other.town}
    return {
        "birth_name": {"birth_name": _mistyped(one.birth_name, draw)},
        "given_names": {"given_names": _mistyped(one.given_names, draw)},
        "birth_date": {"birth_date": _wrong_date(one.birth_date, draw)},
        "other_date": {"birth_date": other.birth_date},
        "sex": {"sex": "F" if one.sex == "M" else "M"},
        "birth_place": {"birth_place": other.birth_place},
        "matricule": {"matricule": _mistyped(one.matricule, draw)},
        "matricule_of_another": {"matricule": other.matricule},
        "street": {"street": _mistyped(one.street, draw)},
        "home": home,
        "mistyped_contact": {"contact": _mistyped(one.contact, draw)},
        "contact": {"contact": other.contact},
    }


def _thinned(one: Person, draw: Random) -> Person:
    gone = {field: "" for field, share in MISSING.items() if draw.random() < share}
    return replace(one, **gone)


def _mistyped(text: str, draw: Random) -> str:
    """One slip of a typist, or two: a letter more, less, other, or two letters exchanged."""
    for _ in range(1 if draw.random() < 0.85 else 2):
        place = draw.randrange(max(len(text), 1))
        alphabet = "0123456789" if text[place : place + 1].isdigit() else LETTERS
        sign, slip = draw.choice(alphabet), draw.randrange(4)
        rest = text[place + 1 :]
        if slip == 0:
            text = text[:place] + sign + text[place:]
        elif slip == 1 and len(text) > 2:
            text = text[:place] + rest
        elif slip == 2:
            text = text[:place] + sign + rest
        else:
            text = text[:place] + rest[:1] + text[place : place + 1] + rest[1:]
    return text


def _wrong_date(text: str, draw: Random) -> str:
    year, month, day = text.split("-")
    slip = draw.randrange(5)
    if slip == 0:
        return f"{year}-{day}-{month}" if int(day) <= 12 else f"{year}-{month}-01"
    if slip == 1:
        return f"{year}-12-31" if draw.random() < 0.5 else year
    if slip == 2:
        return f"{int(year) + draw.choice((-1, 1, 10, -10))}-{month}-{day}"
    if slip == 3:
        return f"{year}-{draw.randint(1, 12):02d}-{day}"
    return f"{year}-{month}-{draw.randint(1, 28):02d}"
