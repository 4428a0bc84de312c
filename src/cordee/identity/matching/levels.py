"""The comparisons of two people and their levels, from alike to different.

Each level is written twice, once to score a pair in memory and once in the SQL of DuckDB for a
batch; a test holds that both always fall on the same level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from cordee.identity.matching.people import Prepared

Rule = Callable[[Prepared, Prepared], bool]
NEAR_FAMILY, FAR_FAMILY = 0.92, 0.82
NEAR_GIVEN, FAR_GIVEN, NEAR_SWAPPED = 0.9, 0.8, 0.88
GENERATION = 15  # years
NEAR_TOWN, NEAR_STREET, FAR_STREET = 0.9, 0.92, 0.8
NEAR_CONTACT = 0.92
SHORTEST_CORE, LONG_GIVEN, TYPED = 3, 4, 2


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its name in the weights, its rule twice, the sentence for the screen."""

    name: str
    sentence: str
    rule: Rule
    sql: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: when it says nothing, and its levels in the order in which they are tried.

    The last level is what remains. `frequency` names the column whose frequency makes the
    first level weigh more or less. What is `is_of_household` says nothing between kin.
    """

    name: str
    label: str
    is_silent: Rule
    silent_sql: str
    levels: tuple[Level, ...]
    frequency: str = ""
    is_of_household: bool = False


def level_of(comparison: Comparison, a: Prepared, b: Prepared) -> Level | None:
    """The level on which two people fall; None when nothing can be said."""
    if comparison.is_silent(a, b) or (comparison.is_of_household and are_kin(a, b)):
        return None
    return next(level for level in comparison.levels if level.rule(a, b))


def _rest(sentence: str) -> Level:
    return Level("different", sentence, lambda _a, _b: True, "ELSE")


def _close(one: str, other: str, floor: float) -> bool:
    return bool(one and other) and JaroWinkler.similarity(one, other) >= floor


def _edits(one: str, other: str) -> int:
    return DamerauLevenshtein.distance(one, other)


def _swapped(a: Prepared, b: Prepared) -> bool:
    """Family and given name exchanged, each but for a slip."""
    return (
        a.family != b.family
        and _close(a.family, b.given, NEAR_SWAPPED)
        and _close(a.given, b.family, NEAR_SWAPPED)
    )


_SWAPPED_SQL: Final = (
    "(family_l <> family_r and family_l <> '' and given_l <> '' and family_r <> ''"
    f" and given_r <> '' and jaro_winkler_similarity(family_l, given_r) >= {NEAR_SWAPPED}"
    f" and jaro_winkler_similarity(given_l, family_r) >= {NEAR_SWAPPED})"
)


def _uses(a: Prepared, b: Prepared) -> bool:
    return bool((a.used and a.used in (b.family, b.used)) or (b.used and b.used == a.family))


def _near_family(a: Prepared, b: Prepared) -> bool:
    same_core = a.family_core == b.family_core and len(a.family_core) >= SHORTEST_CORE
    same_sound = a.family_sound == b.family_sound
    return same_core or same_sound or _close(a.family, b.family, NEAR_FAMILY)


def _part_of_family(a: Prepared, b: Prepared) -> bool:
    shared = not set(a.family_words).isdisjoint(b.family_words)
    return shared or _close(a.family, b.family, FAR_FAMILY)


def _listed(a: Prepared, b: Prepared) -> bool:
    initial = min(len(a.given), len(b.given)) == 1 and a.given[0] == b.given[0]
    return initial or not set(a.given_words).isdisjoint(b.given_words)


def _two_parts(a: Prepared, b: Prepared) -> bool:
    """Two of year, month and day, or all that is known of a date that is not whole."""
    parts = ((0, 4), (4, 6), (6, 8))
    same = [a.birth[i:j] == b.birth[i:j] and set(a.birth[i:j]) != {"0"} for i, j in parts]
    year_alone = same[0] and "0000" in (a.birth[4:], b.birth[4:])
    return sum(same) == len(parts) - 1 or year_alone


def _near_birth(a: Prepared, b: Prepared) -> bool:
    return a.birth[:4] == b.birth[:4] or _edits(a.birth, b.birth) <= TYPED


_NEAR_BIRTH_SQL: Final = (
    f"(birth_l[1:4] = birth_r[1:4] or damerau_levenshtein(birth_l, birth_r) <= {TYPED})"
)
_TWO_PARTS_SQL: Final = """(
  (case when birth_l[1:4] = birth_r[1:4] and birth_l[1:4] <> '0000' then 1 else 0 end
   + case when birth_l[5:6] = birth_r[5:6] and birth_l[5:6] <> '00' then 1 else 0 end
   + case when birth_l[7:8] = birth_r[7:8] and birth_l[7:8] <> '00' then 1 else 0 end) = 2
  or (birth_l[1:4] = birth_r[1:4] and birth_l[1:4] <> '0000'
      and (birth_l[5:8] = '0000' or birth_r[5:8] = '0000')))"""


def _near_given(a: Prepared, b: Prepared) -> bool:
    return a.given_sound == b.given_sound or _close(a.given, b.given, NEAR_GIVEN)


_LISTED_SQL: Final = (
    "(list_has_any(given_words_l, given_words_r)"
    " or (least(length(given_l), length(given_r)) = 1 and given_l[1] = given_r[1]))"
)
_NEAR_GIVEN_SQL: Final = (
    f"(given_sound_l = given_sound_r or jaro_winkler_similarity(given_l, given_r) >= {NEAR_GIVEN})"
)


def _far_given(a: Prepared, b: Prepared) -> bool:
    long = min(len(a.given), len(b.given)) >= LONG_GIVEN
    return _close(a.given, b.given, FAR_GIVEN) or (long and _edits(a.given, b.given) <= TYPED)


_FAR_GIVEN_SQL: Final = (
    f"(jaro_winkler_similarity(given_l, given_r) >= {FAR_GIVEN}"
    f" or (least(length(given_l), length(given_r)) >= {LONG_GIVEN}"
    f" and damerau_levenshtein(given_l, given_r) <= {TYPED}))"
)


def are_kin(a: Prepared, b: Prepared) -> bool:
    """Another given name, or a birth of another generation: what is shared is a family's.

    Twins, spouses, parents and children would else be taken for one person. Another date of
    birth is enough when the given names are not the same either. One matricule for both
    outweighs one of the two differences.
    """
    if a.ins and a.ins == b.ins:
        return _other_given(a, b) and _other_birth(a, b)
    return _other_given(a, b) or _other_birth(a, b)


def _other_given(a: Prepared, b: Prepared) -> bool:
    alike = _swapped(a, b) or _listed(a, b) or _near_given(a, b) or _far_given(a, b)
    return bool(a.given and b.given) and not alike


def _other_birth(a: Prepared, b: Prepared) -> bool:
    if not (a.birth and b.birth) or _two_parts(a, b) or _near_birth(a, b):
        return False
    same_given = bool(a.given and b.given) and (_swapped(a, b) or _near_given(a, b))
    return not same_given or abs(int(a.birth[:4]) - int(b.birth[:4])) >= GENERATION


_OTHER_GIVEN_SQL: Final = (
    f"(given_l <> '' and given_r <> '' and not {_SWAPPED_SQL} and not {_LISTED_SQL}"
    f" and not {_NEAR_GIVEN_SQL} and not {_FAR_GIVEN_SQL})"
)
_OTHER_BIRTH_SQL: Final = f"""(birth_l <> '' and birth_r <> ''
  and not {_TWO_PARTS_SQL} and not {_NEAR_BIRTH_SQL}
  and (given_l = '' or given_r = '' or not ({_SWAPPED_SQL} or {_NEAR_GIVEN_SQL})
       or abs(try_cast(birth_l[1:4] as integer) - try_cast(birth_r[1:4] as integer))
          >= {GENERATION}))"""
KIN_SQL: Final = f"""(case when ins_l <> '' and ins_l = ins_r
  then {_OTHER_GIVEN_SQL} and {_OTHER_BIRTH_SQL}
  else {_OTHER_GIVEN_SQL} or {_OTHER_BIRTH_SQL} end)"""

FAMILY: Final = Comparison(
    "family",
    "nom",
    lambda a, b: not (a.family and b.family),
    "family_l = '' or family_r = ''",
    (
        Level("same", "même nom de naissance", lambda a, b: a.family == b.family,
              "family_l = family_r"),
        Level("swapped", "nom et prénom inversés", _swapped, _SWAPPED_SQL),
        Level("used", "nom utilisé de l’un, nom de l’autre", _uses,
              "((used_l <> '' and used_l in (family_r, used_r))"
              " or (used_r <> '' and used_r = family_l))"),
        Level("near", "nom très proche ou de même son", _near_family,
              f"(family_core_l = family_core_r and length(family_core_l) >= {SHORTEST_CORE})"
              " or family_sound_l = family_sound_r"
              f" or jaro_winkler_similarity(family_l, family_r) >= {NEAR_FAMILY}"),
        Level("part", "nom en partie semblable", _part_of_family,
              "list_has_any(family_words_l, family_words_r)"
              f" or jaro_winkler_similarity(family_l, family_r) >= {FAR_FAMILY}"),
        _rest("nom différent"),
    ),
    "family",
    is_of_household=True,
)  # fmt: skip

GIVEN: Final = Comparison(
    "given",
    "prénom",
    lambda a, b: not (a.given and b.given) or _swapped(a, b),
    f"given_l = '' or given_r = '' or {_SWAPPED_SQL}",
    (
        Level("same", "même premier prénom", lambda a, b: a.given == b.given, "given_l = given_r"),
        Level("listed", "prénom commun ou même initiale", _listed,
              _LISTED_SQL),
        Level("near", "prénom très proche ou de même son", _near_given, _NEAR_GIVEN_SQL),
        Level("far", "prénom proche", _far_given, _FAR_GIVEN_SQL),
        _rest("prénom différent"),
    ),
    "given",
)  # fmt: skip

BIRTH: Final = Comparison(
    "birth",
    "date de naissance",
    lambda a, b: not (a.birth and b.birth),
    "birth_l = '' or birth_r = ''",
    (
        Level("same", "même date de naissance", lambda a, b: a.birth == b.birth,
              "birth_l = birth_r"),
        Level("inverted", "jour et mois de naissance inversés",
              lambda a, b: a.birth[:4] + a.birth[6:] + a.birth[4:6] == b.birth,
              "birth_l[1:4] || birth_l[7:8] || birth_l[5:6] = birth_r"),
        Level("typed", "date de naissance à un chiffre près",
              lambda a, b: _edits(a.birth, b.birth) <= 1,
              "damerau_levenshtein(birth_l, birth_r) <= 1"),
        Level("partial", "date de naissance en partie identique", _two_parts, _TWO_PARTS_SQL),
        Level("year", "même année de naissance, ou presque", _near_birth, _NEAR_BIRTH_SQL),
        _rest("date de naissance différente"),
    ),
)  # fmt: skip

SEX: Final = Comparison(
    "sex",
    "sexe",
    lambda a, b: not (a.sex and b.sex),
    "sex_l = '' or sex_r = ''",
    (
        Level("same", "même sexe", lambda a, b: a.sex == b.sex, "sex_l = sex_r"),
        _rest("sexe différent"),
    ),
)

PLACE: Final = Comparison(
    "place",
    "lieu de naissance",
    lambda a, b: not (a.place and b.place),
    "place_l = '' or place_r = ''",
    (
        Level("same", "même lieu de naissance", lambda a, b: a.place == b.place,
              "place_l = place_r"),
        Level("county", "même département de naissance, ou tous deux nés à l’étranger",
              lambda a, b: a.place[:2] == b.place[:2], "place_l[1:2] = place_r[1:2]"),
        _rest("lieu de naissance différent"),
    ),
    is_of_household=True,
)  # fmt: skip

INS: Final = Comparison(
    "ins",
    "matricule",
    lambda a, b: not (a.ins and b.ins),
    "ins_l = '' or ins_r = ''",
    (
        Level("same", "même matricule", lambda a, b: a.ins == b.ins, "ins_l = ins_r"),
        # Two right keys are two numbers: those of twins differ by little.
        Level("typed", "matricule à deux signes près",
              lambda a, b: not (a.ins_sound and b.ins_sound) and _edits(a.ins, b.ins) <= TYPED,
              "(ins_sound_l = '' or ins_sound_r = '')"
              f" and damerau_levenshtein(ins_l, ins_r) <= {TYPED}"),
        _rest("matricule différent"),
    ),
)  # fmt: skip

HOME: Final = Comparison(
    "home",
    "commune",
    lambda a, b: not ((a.postcode and b.postcode) or (a.town and b.town)),
    "not ((postcode_l <> '' and postcode_r <> '') or (town_l <> '' and town_r <> ''))",
    (
        Level("same", "même commune et même code postal",
              lambda a, b: bool(a.town) and a.postcode == b.postcode and a.town == b.town,
              "town_l <> '' and postcode_l = postcode_r and town_l = town_r"),
        Level("one", "même code postal ou commune très proche",
              lambda a, b: (
                  (bool(a.postcode) and a.postcode == b.postcode)
                  or _close(a.town, b.town, NEAR_TOWN)
              ),
              "(postcode_l <> '' and postcode_l = postcode_r) or (town_l <> '' and town_r <> ''"
              f" and jaro_winkler_similarity(town_l, town_r) >= {NEAR_TOWN})"),
        _rest("commune différente"),
    ),
    is_of_household=True,
)  # fmt: skip

STREET: Final = Comparison(
    "street",
    "adresse",
    lambda a, b: not (a.street and b.street),
    "street_l = '' or street_r = ''",
    (
        Level("same", "même adresse", lambda a, b: a.street == b.street, "street_l = street_r"),
        Level("near", "adresse très proche", lambda a, b: _close(a.street, b.street, NEAR_STREET),
              f"jaro_winkler_similarity(street_l, street_r) >= {NEAR_STREET}"),
        Level("far", "adresse proche", lambda a, b: _close(a.street, b.street, FAR_STREET),
              f"jaro_winkler_similarity(street_l, street_r) >= {FAR_STREET}"),
        _rest("adresse différente"),
    ),
    is_of_household=True,
)  # fmt: skip

CONTACT: Final = Comparison(
    "contact",
    "téléphone ou courriel",
    lambda a, b: not (a.contact and b.contact),
    "contact_l = '' or contact_r = ''",
    (
        Level("same", "même téléphone ou courriel", lambda a, b: a.contact == b.contact,
              "contact_l = contact_r"),
        Level("near", "téléphone ou courriel très proche",
              lambda a, b: _close(a.contact, b.contact, NEAR_CONTACT),
              f"jaro_winkler_similarity(contact_l, contact_r) >= {NEAR_CONTACT}"),
        _rest("téléphone ou courriel différent"),
    ),
    is_of_household=True,
)  # fmt: skip

COMPARISONS: Final = (FAMILY, GIVEN, BIRTH, SEX, PLACE, INS, HOME, STREET, CONTACT)
