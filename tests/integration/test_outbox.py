"""Events are told in the transaction of what happened, once for each source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cordee.care.notifications.kinds import KINDS, NATIONAL, kind_of
from cordee.care.notifications.outbox import Event, tell
from cordee.runtime import clock
from running import Platform

EVENT = Event("message", clock.now(), "thread/1/message/1", patient="Patient/jeanne")


async def told(platform: Platform, source: str) -> list[str]:
    async with platform.parts.database.write.acquire() as connection:
        rows = await connection.fetch("SELECT kind FROM event WHERE source = $1", source)
    return [row["kind"] for row in rows]


async def test_an_event_is_told_once_for_its_source(platform: Platform) -> None:
    for _ in range(3):
        async with platform.parts.database.transaction() as connection:
            await tell(connection, EVENT)

    assert await told(platform, EVENT.source) == ["message"]


async def test_what_is_rolled_back_was_not_told(platform: Platform) -> None:
    event = replace(EVENT, source="thread/1/message/2")

    with pytest.raises(ZeroDivisionError):
        async with platform.parts.database.transaction() as connection:
            await tell(connection, event)
            raise ZeroDivisionError

    assert await told(platform, event.source) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "gossip"},
        {"source": ""},
        {"patient": "Jeanne Bertin"},
        {"focus": "encounter 3"},
        {"at": clock.now().replace(tzinfo=None)},
        {"detail": {"text": "Chute dans sa chambre"}},
    ],
)
async def test_what_is_no_event_is_refused(platform: Platform, changes: dict[str, object]) -> None:
    async with platform.parts.database.write.acquire() as connection:
        with pytest.raises(ValueError, match="event"):
            await tell(connection, replace(EVENT, **changes))


@pytest.mark.requirement("B2.1")
def test_each_kind_has_its_national_code_first() -> None:
    asked = {
        "ehpad-departure", "emergency-arrival", "orientation", "admission", "transfer",
        "discharge", "death", "document", "result", "liaison-note", "missed-appointment",
        "telemonitoring-alert",
    }  # fmt: skip

    assert asked <= set(KINDS)
    for kind in KINDS.values():
        first, second = kind.codings
        assert (first["system"], first["code"]) == (NATIONAL, kind.national)
        assert kind.national in {"ADM", "SOR", "DOC", "NOT"}
        assert second["code"] == kind.code
    assert kind_of("emergency-arrival").national == "ADM"
