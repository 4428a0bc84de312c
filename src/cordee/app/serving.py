"""`cordee serve`: one server a data folder, its workers, its clean end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import gc
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn
import uvloop

from cordee.app.asgi import make_application
from cordee.app.demo_content import begin_work_of_all
from cordee.app.federation import watching
from cordee.app.federation_people import prepare
from cordee.app.notifications import telling
from cordee.app.proxying import behind_proxies
from cordee.app.screen import make_screen
from cordee.app.tls import tls_context
from cordee.app.wiring import Place, background, bring_up_to_date, database_place, open_parts
from cordee.app.workers import Workers
from cordee.runtime.errors import Unavailable
from cordee.runtime.settings import Settings

_END_SECONDS = 3
_LONGEST_FRAME = 4096
"""Bytes of what a client says on a socket: the word that binds it, and its token."""


class _Server(uvicorn.Server):
    """A uvicorn server that says once when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # A signal that was obeyed is not raised again: the database still has to be stopped.
        self._captured_signals.clear()


def run(_: argparse.Namespace, settings: Settings) -> None:
    """Serves until SIGTERM."""
    serve(settings)


def serve(settings: Settings) -> None:
    """Serves until told to stop; raises `Unavailable` when the folder or the port is in use."""
    with _only_server(settings), database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        listening = _listen(settings)
        port = listening.getsockname()[1]

        def ready() -> None:
            sys.stdout.write(f"Cordée is ready: {settings.address(port)}\n")
            sys.stdout.flush()

        if settings.workers == 1:
            uvloop.run(_run(settings, place, listening, ready, leads=True))
        else:

            def work(told: Callable[[], None], *, leads: bool) -> None:
                if place.cluster is not None:
                    place.cluster.revive()  # it may have fallen together with a former worker
                uvloop.run(_run(settings, place, listening, told, leads=leads))

            Workers(settings.workers, work).supervise(ready)


async def _run(
    settings: Settings,
    place: Place,
    listening: socket.socket,
    ready: Callable[[], None],
    *,
    leads: bool,
) -> None:
    port = listening.getsockname()[1]
    async with open_parts(settings, place, port=port) as parts, background(parts, leads=leads):
        if settings.demo and leads:
            await prepare(parts)
            await begin_work_of_all(parts)
        # What was made until here stays: the collector need not walk it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        config = uvicorn.Config(
            behind_proxies(make_application(parts, make_screen(parts)), settings.proxies),
            proxy_headers=False,
            lifespan="off",
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=_LONGEST_FRAME,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=_END_SECONDS,
            timeout_keep_alive=75,
            backlog=2048,
        )
        if settings.tls is not None:
            config.load()
            config.ssl = tls_context(settings.tls)
        async with telling(parts), watching(parts) if leads else contextlib.nullcontext():
            await _Server(config, ready).serve(sockets=[listening])


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise Unavailable(
            f"port {settings.port} of {settings.host} cannot be used ({error.strerror}); "
            "choose another with --port, or 0 for a free one"
        ) from error
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening


@contextlib.contextmanager
def _only_server(settings: Settings) -> Iterator[None]:
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.data / "serve.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(
                f"a Cordée server already runs on {settings.data}; stop it first, or give this one "
                "another folder with --data"
            ) from error
        yield
