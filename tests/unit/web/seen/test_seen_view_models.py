"""The trail as a patient reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cordee.care.record.ports import Access
from cordee.web.seen.view_models import days_of, shown

MOMENT = datetime(2026, 11, 24, 6, 52, tzinfo=UTC)


def access(**changes: object) -> Access:
    values: dict[str, object] = {
        "number": 1, "at": MOMENT, "name": "Dr Anne Le Goff", "role": "médecin traitant",
        "structure": "MSP", "is_own": False, "is_in_circle": True, "action": "R",
        "type": "Observation", "detail": "read x",
    }  # fmt: skip
    return Access(**(values | changes))  # pyright: ignore[reportArgumentType] -- the same names


def test_an_access_says_when_who_what_and_why() -> None:
    (day,) = days_of([access()])

    (row,) = day.rows
    assert day.title == "Mardi 24\u00a0novembre 2026"
    assert (row.at, row.until) == ("7\u00a0h\u00a052", "")
    assert row.who == "Dr Anne Le Goff"
    assert row.about == "médecin traitant, MSP"
    assert row.what == "A lu un résultat ou une mesure."
    assert "cercle de soins" in row.why


def test_repeats_within_an_hour_are_told_once_with_their_span() -> None:
    again = [access(at=MOMENT - timedelta(minutes=minutes)) for minutes in (0, 4, 50, 100)]

    (day,) = days_of(again)

    (row,) = day.rows
    assert row.until == "7\u00a0h\u00a052"
    assert row.at == "6\u00a0h\u00a012"


def test_days_are_those_of_paris_and_never_joined() -> None:
    late = datetime(2026, 11, 24, 22, 50, tzinfo=UTC)  # 23 h 50 in Paris
    early = late + timedelta(minutes=20)

    days = days_of([access(at=early), access(at=late)])

    assert [day.key for day in days] == ["2026-11-25", "2026-11-24"]


def test_a_program_has_no_name_and_is_not_outside() -> None:
    (day,) = days_of([access(name="", role="import", structure="", is_in_circle=False)])

    (row,) = day.rows
    assert (row.who, row.about) == ("Un logiciel relié", "reprise de données")
    assert not row.is_outside


def test_filters_part_the_team_from_the_others() -> None:
    team, other = access(), access(number=2, name="Luc Ferry", is_in_circle=False)
    own = access(number=3, is_own=True, is_in_circle=False)

    assert shown([team, other, own], "equipe") == [team, own]
    assert shown([team, other, own], "hors") == [other]
    assert shown([team, other, own], "") == [team, other, own]
    assert days_of([other])[0].rows[0].is_outside
