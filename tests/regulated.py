"""The floor of regulation under a screen of tests: calls that ring, are taken, cases that are told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from cordee.care.regulation.service import Regulation
from cordee.runtime import clock
from trusted import Person, Screen, plain


def floor(screen: Screen) -> Regulation:
    """The services of the floor behind a screen."""
    found: Regulation = screen.web.state.ports.regulation
    return found


async def ring(screen: Screen, number: str = "0600000041", *, ago: int = 5) -> UUID:
    """A call that waits at SAMU A."""
    call = uuid4()
    since = clock.now() - timedelta(seconds=ago)
    await floor(screen).desk.ring("samu-a", call, {"number": number}, since)
    return call


async def take(screen: Screen, person: Person) -> str:
    """The page of the case of a call that somebody takes."""
    answer = await person.post(f"/regulation/appels/{await ring(screen)}")
    assert answer.status_code == 303, plain(answer)
    return answer.headers["location"]


def version(answer: httpx.Response) -> str:
    """The version of a case that its form bears."""
    found = re.search(r'name="version" value="(\d+)"', answer.text)
    assert found
    return found[1]


async def tell(person: Person, case: str, gesture: str, **more: Any) -> httpx.Response:
    """What a case is told on its form; a fall, P2, unless said otherwise."""
    told = {"motif": "M02.07 Chute", "priorite": "P2", "dit": "Trouvée au sol"}
    return await person.post(
        case, version=version(await person.get(case)), geste=gesture, **(told | more)
    )
