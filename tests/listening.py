"""An application of a test on a port of its own, with or without TLS."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn


@contextlib.asynccontextmanager
async def listening(application: Any, **options: Any) -> AsyncIterator[str]:
    """The address of an application; `options` are those of uvicorn."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told = {"log_level": "critical", "lifespan": "off"} | options
        server = uvicorn.Server(uvicorn.Config(application, **told))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        scheme = "https" if "ssl_certfile" in options else "http"
        try:
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.force_exit = True
            await running
