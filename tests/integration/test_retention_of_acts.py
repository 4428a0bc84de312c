"""Traces of documents, deposits in the DMP, mandates and codes go by rule. Rule: A6.11."""

from __future__ import annotations

from typing import Any

import pytest

from cordee.governance.retention.keeping import apply_rules
from cordee.runtime.clock import now
from trusted import Screen

DPO, HERE = "olivier.deschamps", "/protection/conservation"
OPENING = (
    "INSERT INTO document_opening (at, agent, structure, patient, document, level, provider)"
    " SELECT now() - make_interval(days => d), 'a', 's', 1, 'd', 2, '' FROM unnest($1::int[]) d"
)
DEPOSIT = (
    "INSERT INTO dmp_deposit (unique_id, document, patient, act, type, structure, asked, asked_by,"
    " state, since, due, ended, motive) SELECT $1, $1, 'p', 'publish', 't', 's', t, 'a', $3, t, t,"
    " CASE WHEN $3 = 'waiting' THEN NULL ELSE t END, 'plus utile'"
    " FROM (SELECT now() - make_interval(days => $2) AS t) k RETURNING n"
)
TRY = (
    "INSERT INTO dmp_try (deposit, at, by, code)"
    " SELECT n, ended, 'dmp', 'DMP-OK' FROM dmp_deposit WHERE unique_id = $1"
)
STEP = (
    "INSERT INTO document_step (document, at, by, step, reason)"
    " VALUES ($1, now(), 'a', 'withdrawn', 'erreur de dossier')"
)
MANDATE = (
    "INSERT INTO mandate (id, made, made_by, patient, kind, name, related)"
    " SELECT gen_random_uuid(), now() - make_interval(days => $2), 'a', 'p', 'carer', $1, $1"
    " RETURNING id"
)
EXTENT = (
    "INSERT INTO mandate_extent (mandate, at, said_by, parts, powers, starts, ends)"
    " SELECT $1, now(), 'a', '{all}', '{read}', now() - interval '5000 days',"
    " now() - make_interval(days => $2)"
)
CODE = (
    "INSERT INTO invitation (id, digest, made, ends, made_by, patient, mandate)"
    " SELECT gen_random_uuid(), sha256($1::text::bytea), t - interval '7 days', t, 'a', 'p', $3"
    " FROM (SELECT now() - make_interval(days => $2) AS t) k RETURNING id"
)


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    return bare_screen


async def round_of(screen: Screen) -> None:
    async with screen.platform.parts.database.write.acquire() as connection:
        await apply_rules(connection, screen.platform.parts.kernel.keys, now())


async def counted(screen: Screen, table: str) -> int:
    return (await screen.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"]


async def proven(screen: Screen, code: str) -> int:
    rows = await screen.rows("SELECT gone FROM deletion_proof WHERE class = $1", code)
    return sum(row["gone"] for row in rows)


async def would_go(screen: Screen, code: str) -> str:
    """What the table of the DPO says would go now."""
    dpo = await screen.person(DPO)
    lines = (await dpo.get(f"{HERE}/classes.csv")).text.splitlines()
    return next(one for one in lines if one.startswith(f"{code};")).rsplit(";", 1)[1]


async def mandate(screen: Screen, name: str, *, ended: int | None, last: int | None = None) -> Any:
    key = (await screen.rows(MANDATE, name, 4000))[0]["id"]
    await screen.rows(EXTENT, key, last)
    await screen.rows(
        "INSERT INTO mandate_acceptance VALUES ($1, now() - interval '3999 days', 'b')", key
    )
    if ended is not None:
        await screen.rows(
            "INSERT INTO mandate_end VALUES ($1, now() - make_interval(days => $2), 'a',"
            " 'withdrawn')", key, ended,
        )  # fmt: skip
    return key


@pytest.mark.requirement("A6.11")
async def test_openings_go_after_two_years(screen: Screen) -> None:
    await screen.rows(OPENING, [731, 800, 729])

    told = await would_go(screen, "document-openings")
    await round_of(screen)

    assert told == "2"
    assert await counted(screen, "document_opening") == 1
    assert await proven(screen, "document-openings") == 2


@pytest.mark.requirement("A6.11")
async def test_a_deposit_goes_when_its_document_has_gone(screen: Screen) -> None:
    """One that stands in the DMP stays, as one that waits does, whatever their age."""
    for name, days, state in (
        ("stands", 7301, "done"), ("withdrawn", 7301, "done"), ("given-up", 7301, "given-up"),
        ("waits", 7301, "waiting"), ("young", 1000, "given-up"),
    ):  # fmt: skip
        await screen.rows(DEPOSIT, name, days, state)
        if state != "waiting":
            await screen.rows(TRY, name)
    await screen.rows(STEP, "withdrawn")

    await round_of(screen)

    left = {row["unique_id"] for row in await screen.rows("SELECT unique_id FROM dmp_deposit")}
    assert left == {"stands", "waits", "young"}
    assert await proven(screen, "dmp-deposits") == 2
    assert await proven(screen, "dmp-answers") == 3
    assert await counted(screen, "dmp_try") == 1


@pytest.mark.requirement("A6.11")
async def test_a_mandate_goes_ten_years_after_its_end_with_all_that_was_said(
    screen: Screen,
) -> None:
    over = await mandate(screen, "withdrawn", ended=3651)
    ran_out = await mandate(screen, "ran-out", ended=None, last=3652)
    lives = await mandate(screen, "lives", ended=None)
    young = await mandate(screen, "young", ended=3649)
    await screen.rows(CODE, "x", 1, over)

    told = await would_go(screen, "mandates")
    await round_of(screen)

    left = {row["id"] for row in await screen.rows("SELECT id FROM mandate")}
    assert told == "2"
    assert {over, ran_out}.isdisjoint(left)
    assert left == {lives, young}
    assert await proven(screen, "mandates") == 2
    for table in ("mandate_extent", "mandate_acceptance"):
        assert await counted(screen, table) == 2, table
    assert await counted(screen, "mandate_end") == 1
    assert await counted(screen, "invitation") == 0


@pytest.mark.requirement("A6.11")
async def test_codes_go_a_month_after_they_end_with_their_use(screen: Screen) -> None:
    for name, days in (("old", 31), ("used", 40), ("young", 20)):
        code = (await screen.rows(CODE, name, days, None))[0]["id"]
        if name == "used":
            await screen.rows("INSERT INTO invitation_use VALUES ($1, now(), 'b')", code)

    await round_of(screen)

    assert await counted(screen, "invitation") == 1
    assert await counted(screen, "invitation_use") == 0
    assert await proven(screen, "invitations") == 2


@pytest.mark.requirement("A6.11")
@pytest.mark.parametrize(
    ("code", "days"),
    [("mandates", 1000), ("dmp-deposits", 3000), ("document-openings", 300), ("invitations", 7)],
)
async def test_the_dpo_cannot_go_below_the_least(screen: Screen, code: str, days: int) -> None:
    dpo = await screen.person(DPO)

    answer = await dpo.post(
        HERE, classe=code, jours=str(days), base="Décision du comité de sécurité"
    )

    assert answer.status_code == 422


@pytest.mark.requirement("A6.2")
@pytest.mark.requirement("A6.11")
async def test_keys_and_the_story_of_documents_are_never_destroyed_by_rule(screen: Screen) -> None:
    for code in ("sealing-keys", "documents"):
        assert await would_go(screen, code) == ""
        assert not (await screen.rows("SELECT shortest FROM retention_class($1)", code))[0][0]
