"""A region with population health for tests: areas, a synthetic source, facts."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from cordee.app.demo_population import make_population
from cordee.app.population import home_of, make_facts
from running import Ground
from trusted import Screen, screen_on


@contextlib.asynccontextmanager
async def populated(ground: Ground, patients: int = 1200) -> AsyncIterator[Screen]:
    """An installation whose facts are made; `patients` scales the synthetic source."""
    async with screen_on(ground) as running:
        settings = running.platform.parts.settings
        make_population(settings, patients=patients, seed=7)
        make_facts(home_of(settings))
        yield running
