"""Views for the API: engines are loaded when somebody asks, in threads, few at a time."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Final

import structlog

from cordee.runtime.settings import Settings

if TYPE_CHECKING:
    from cordee.population.view_desk import ViewDesk

_AT_ONCE: Final = 2
_BEAT_SECONDS: Final = 2.0


class ViewsPort:
    """See `api.viewing.Views`."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is loaded yet."""
        self._settings = settings
        self._lock = threading.Lock()
        self._desk: ViewDesk | None = None
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._exporting = asyncio.Semaphore(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, *told: Any) -> Any:
        """What `ViewDesk.run` answers; others wait."""
        async with self._slots:
            return await self.ask("run", *told)

    async def ask(self, what: str, *told: Any) -> Any:
        """What a method of the desk answers, found beside the loop."""
        return await asyncio.to_thread(self._asked, what, told)

    async def begin(self, *told: Any) -> str:
        """The key of an export that begins now, after those that are before it."""
        from cordee.population.exports import Asked, View  # noqa: PLC0415 -- when first asked

        owner, views, kind, tracking = told
        asked = Asked(owner, tuple(View(*one) for one in views), kind, tracking)
        one = await self.ask("begin", asked)
        task = asyncio.create_task(self._export(one))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return one.key

    async def _export(self, one: Any) -> None:
        beating = asyncio.create_task(self._beat(one))
        try:
            async with self._exporting:
                await self.ask("export", one)
        except asyncio.CancelledError:
            if self._desk is not None:
                self._desk.stop(one)
            raise
        except Exception as error:
            structlog.get_logger().warning("export_failed", kind=type(error).__name__)
        finally:
            beating.cancel()

    async def _beat(self, one: Any) -> None:
        """Gives signs of life, and stops the work once another process has cancelled it."""
        is_wanted = True
        while is_wanted:
            await asyncio.sleep(_BEAT_SECONDS)
            is_wanted = await self.ask("beat", one)

    def _asked(self, what: str, told: tuple[Any, ...]) -> Any:
        return getattr(self._opened(), what)(*told)

    def _opened(self) -> ViewDesk:
        from cordee.app.population import home_of  # noqa: PLC0415 -- engines, when first asked
        from cordee.population.view_desk import ViewDesk  # noqa: PLC0415

        with self._lock:
            if self._desk is None:
                self._desk = ViewDesk(home_of(self._settings))
            return self._desk
