"""Data is kept as long as its rule says, and what is destroyed leaves a proof. Rule: A6.11."""

from __future__ import annotations

import hashlib

import asyncpg
import pytest

from cordee.governance.retention.classes import How, shipped_classes
from cordee.governance.retention.keeping import apply_rules, due
from cordee.runtime.clock import now
from trusted import Screen

DPO, HERE = "olivier.deschamps", "/protection/conservation"
BASIS = "Décision du comité de sécurité"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    return bare_screen


async def closed(screen: Screen, name: str, days: int) -> None:
    await screen.rows(
        "INSERT INTO closed_session (id, at) VALUES ($1, now() - make_interval(days => $2))",
        name, days,
    )  # fmt: skip


async def round_of(screen: Screen) -> int:
    async with screen.platform.parts.database.write.acquire() as connection:
        return await apply_rules(connection, screen.platform.parts.kernel.keys, now())


@pytest.mark.requirement("A6.11")
async def test_a_round_destroys_what_is_over_and_proves_it(screen: Screen) -> None:
    for name, days in (("a", 31), ("b", 45), ("c", 29)):
        await closed(screen, name, days)
    bodies = [
        row["body"] for row in await screen.rows(
            "SELECT to_jsonb(x)::text AS body FROM closed_session x WHERE id IN ('a', 'b')"
            " ORDER BY 1"
        )
    ]  # fmt: skip
    dpo = await screen.person(DPO)
    before = (await dpo.get(f"{HERE}/classes.csv")).text

    gone, again = await round_of(screen), await round_of(screen)

    left = {row["id"] for row in await screen.rows("SELECT id FROM closed_session")}
    proof = (await screen.rows("SELECT * FROM deletion_proof WHERE class = 'closed-sessions'"))[0]
    lines = await screen.rows(
        "SELECT actor, acting, detail FROM audit WHERE starts_with(detail, 'retention closed-')"
    )
    assert gone >= 2
    assert again == 0
    assert {"a", "b"}.isdisjoint(left)
    assert "c" in left
    assert proof["gone"] == 2
    assert proof["digest"] == hashlib.sha256("\n".join(bodies).encode()).digest()
    assert lines[0]["actor"] == "housekeeping"
    assert lines[0]["acting"] is not None
    assert proof["digest"].hex() in lines[0]["detail"]
    assert next(one for one in before.splitlines() if one.startswith("closed-")).endswith(";2")
    assert proof["digest"].hex() in (await dpo.get(f"{HERE}/preuves.csv")).text


@pytest.mark.requirement("A1.3")
@pytest.mark.requirement("A6.11")
async def test_the_picture_of_a_proof_goes_on_its_day(screen: Screen) -> None:
    await screen.rows(
        "WITH p AS (INSERT INTO identity_proof (patient, kind, checked_on, checked_by, situation,"
        " has_vitale_photo, purge_on) SELECT 'p', 'CN', current_date - 9, 'x', 'standard', false,"
        " current_date + d FROM unnest(ARRAY[-1, 3]) d RETURNING n, purge_on)"
        " INSERT INTO identity_scan SELECT n, purge_on, 'image/png', '' FROM p"
    )

    await round_of(screen)

    assert len(await screen.rows("SELECT FROM identity_scan")) == 1
    assert len(await screen.rows("SELECT FROM identity_proof")) == 2
    proofs = await screen.rows("SELECT gone FROM deletion_proof WHERE class = 'identity-scans'")
    assert [row["gone"] for row in proofs] == [1]


@pytest.mark.requirement("A6.11")
async def test_the_dpo_changes_a_duration_and_the_history_stays(screen: Screen) -> None:
    await closed(screen, "young", 8)
    dpo = await screen.person(DPO)
    said = {"classe": "closed-sessions", "base": BASIS}

    first = await dpo.post(HERE, jours="7", **said)
    await round_of(screen)
    second = await dpo.post(HERE, jours="90", **said)
    page = await dpo.text(HERE)

    assert (first.status_code, second.status_code) == (303, 303)
    assert not await screen.rows("SELECT FROM closed_session WHERE id = 'young'")
    assert page.count(BASIS) == 3  # the rule that holds, and two words of the past
    assert "fixé par olivier.deschamps" in page


@pytest.mark.requirement("A6.11")
@pytest.mark.parametrize(
    "said",
    [
        {"classe": "account-events", "jours": "10", "base": BASIS},
        {"classe": "nothing", "jours": "10", "base": BASIS},
        {"classe": "sessions", "jours": "-1", "base": BASIS},
        {"classe": "sessions", "jours": "10", "base": "court"},
    ],
)
async def test_a_rule_that_cannot_be_is_refused(screen: Screen, said: dict[str, str]) -> None:
    dpo = await screen.person(DPO)

    assert (await dpo.post(HERE, **said)).status_code == 422
    assert not await screen.rows("SELECT FROM retention_rule")


@pytest.mark.requirement("A6.11")
@pytest.mark.requirement("A6.1")
async def test_the_application_destroys_by_rule_alone_and_never_a_trace(screen: Screen) -> None:
    for statement in (
        "DELETE FROM session", "DELETE FROM account_event", "DELETE FROM deletion_proof",
        "DELETE FROM retention_rule", "UPDATE retention_rule SET days = 0",
        "INSERT INTO deletion_proof (by, class, before, gone, digest)"
        " VALUES ('x', 'x', now(), 1, '')",
    ):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await screen.rows(statement)
    for code, days in (("account-events", 10), ("trail", 0), ("audit", 0)):
        with pytest.raises(asyncpg.DataError):
            await screen.rows(
                "SELECT retain($1, now() - make_interval(days => $2), 'x', NULL, true)", code, days
            )


@pytest.mark.requirement("A6.11")
async def test_every_class_by_rule_is_known_to_the_database(screen: Screen) -> None:
    for one in shipped_classes().values():
        known = await screen.rows("SELECT shortest FROM retention_class($1)", one.code)
        assert bool(known and known[0]["shortest"] is not None) == (one.how is How.RULE), one.code
        if one.how is How.RULE:
            assert known[0]["shortest"] <= one.length


@pytest.mark.requirement("A6.11")
@pytest.mark.parametrize("user", ["admin", "dr.legoff", "jeanne.bertin"])
async def test_the_rules_are_the_dpos_alone(screen: Screen, user: str) -> None:
    person = await screen.person(user)
    for path in (HERE, f"{HERE}/classes.csv", f"{HERE}/preuves.csv"):
        assert (await person.get(path)).status_code == 403
    assert (await person.post(HERE, classe="sessions", jours="9")).status_code == 403


async def test_a_round_is_due_each_hour(screen: Screen) -> None:
    async with screen.platform.parts.database.write.acquire() as connection:
        first = await due(connection, now())
        await apply_rules(connection, screen.platform.parts.kernel.keys, now())
        second = await due(connection, now())

    assert (first, second) == (True, False)
