"""Pages whose figures may take long the first time: after two seconds, a page that says so.

What was asked goes on; the page asks again by itself, without a script too, and finds it done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.web.guarding import signed_in
from cordee.web.rendering import page

TEMPLATE: Final = "layout/waiting.html"
SECONDS: Final = 2.0
_MOST: Final = 64
Handler = Callable[[Request], Awaitable[Response]]


class Patience:
    """What one process prepares: by who asks and the address."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """`seconds` is how long an answer may take before a page says that it comes."""
        self.seconds = seconds
        self._tasks: dict[tuple[str, str], asyncio.Task[Response]] = {}

    def __call__(self, handler: Handler) -> Handler:
        """The same handler, that answers in time."""

        async def patient(request: Request) -> Response:
            key = (signed_in(request).principal.user, str(request.url))
            task, is_mine = self._tasks.get(key), False
            if task is None:
                task, is_mine = asyncio.ensure_future(handler(request)), True
            await asyncio.wait({task}, timeout=self.seconds)
            if not task.done():
                self._keep(key, task)
                return _waiting(request)
            self._tasks.pop(key, None)
            if is_mine:
                return task.result()
            task.exception()
            return await handler(
                request
            )  # a page is of its own request: what it needs is there now

        return patient

    def _keep(self, key: tuple[str, str], task: asyncio.Task[Response]) -> None:
        """Remembers what goes on; of too many, what has ended is forgotten, then the oldest."""
        self._tasks[key] = task
        if len(self._tasks) > _MOST:
            ended = next((one for one, told in self._tasks.items() if told.done()), None)
            gone = self._tasks.pop(ended or next(iter(self._tasks)))
            gone.add_done_callback(lambda one: one.cancelled() or one.exception())


patiently: Final = Patience()


def _waiting(request: Request) -> Response:
    """The page that says that the answer comes; it asks again after two seconds."""
    answer = page(
        request, TEMPLATE, status=202, here=str(request.url.replace(scheme="", netloc=""))
    )
    answer.headers["refresh"] = "2"
    return answer
