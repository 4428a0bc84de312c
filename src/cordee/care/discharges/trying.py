"""One piece of work of a reader of the journal: what cannot be done stops no other.

A write that somebody made at that moment is looked at anew; a database that is away is waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from cordee.runtime.database import is_outage
from cordee.runtime.errors import ProductError, Unavailable, VersionConflict

_ATTEMPTS: Final = 5


async def attempt(work: Callable[[], Awaitable[None]], what: str) -> None:
    """Does a piece of work, or leaves it with a line in the log that names nobody.

    Raises `Unavailable`, and what says that the database is away.
    """
    for _ in range(_ATTEMPTS):
        try:
            return await work()
        except VersionConflict:
            continue
        except Unavailable:
            raise
        except ProductError as error:
            structlog.get_logger().info("discharge_work_left", what=what, slug=error.slug)
            return None
        except Exception as error:  # an odd resource: the reader goes on
            if is_outage(error):
                raise
            kind = type(error).__name__
            structlog.get_logger().error("discharge_work_fell", what=what, kind=kind)
            return None
    structlog.get_logger().info("discharge_work_left", what=what, slug="version-conflict")
    return None
