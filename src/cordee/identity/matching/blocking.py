"""Keys that two files of one person very likely share: what an index holds to find candidates.

Only pairs that share a key are scored. The keys hold what is known: a file without a date of
birth is found by its names and its home. Broad keys (`d:` a day, `n:` two names) come with
narrower ones, so that a reader may leave out a key that too many people share.
"""

from __future__ import annotations

from collections.abc import Iterator

from cordee.identity.matching.people import Person, Prepared, prepare
from cordee.identity.matching.sounds import sound

_DAY_KNOWN = "00"


def blocks(person: Person) -> set[str]:
    """The keys of a person; their form is `kind:value`."""
    return set(prepared_blocks(prepare(person)))


def prepared_blocks(one: Prepared) -> Iterator[str]:
    """The keys of a person that is prepared already."""
    if one.ins:
        yield f"i:{one.ins[:13]}"
    if one.contact:
        yield f"c:{one.contact}"
    families = {key for key in (one.family_sound, sound(one.used)) if key}
    yield from _birth_blocks(one, families)
    yield from _name_blocks(one, families)


def _birth_blocks(one: Prepared, families: set[str]) -> Iterator[str]:
    """Date of birth, day and month in any order, with the start of any name."""
    if not one.birth or one.birth[6:] == _DAY_KNOWN:
        return
    day = one.birth[:4] + "".join(sorted((one.birth[4:6], one.birth[6:])))
    yield f"d:{day}"
    for name in {*families, one.given_sound}:
        if name:
            yield f"d:{day}:{name[:2]}"
    if one.street:
        yield f"s:{day}:{one.street[:3]}"
    if one.postcode:
        yield f"p:{day}:{one.postcode}"


def _name_blocks(one: Prepared, families: set[str]) -> Iterator[str]:
    """Both names in any order, with a part of the date or with the home."""
    if not one.given_sound:
        families = set()
    year, month_day = one.birth[:4], one.birth[4:]
    for family in families:
        names = "+".join(sorted((family, one.given_sound)))
        yield f"n:{names}"
        if year:
            yield f"y:{names}:{year}"
        if month_day and _DAY_KNOWN not in (month_day[:2], month_day[2:]):
            yield f"m:{names}:{''.join(sorted((month_day[:2], month_day[2:])))}"
        if one.postcode:
            yield f"h:{names}:{one.postcode}"
    for family in (one.family_sound, one.given_sound):
        if family and one.street and one.postcode:
            yield f"a:{family}:{one.postcode}:{one.street[:4]}"
