"""The processes behind one socket: forked, replaced when they fall, ended together."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Protocol

import structlog

from cordee.runtime.errors import Unavailable

_log = structlog.get_logger()
_LOOK_SECONDS = 0.2
_SHORTEST_SECONDS = 1.0
_MOST_FALLS = 5


class Work(Protocol):
    """What a worker does until SIGTERM; calls `told` once it serves."""

    def __call__(self, told: Callable[[], None], *, leads: bool) -> None:
        """One of the workers leads."""
        ...


class Workers:
    """The children of this process; the first one leads. This process has no other thread."""

    def __init__(self, count: int, work: Work) -> None:
        """Nothing is started yet."""
        self._count = count
        self._work = work
        self._children: dict[int, int] = {}
        self._started: dict[int, float] = {}
        self._falls = 0
        self._ending = False
        self._told, self._tell = os.pipe()
        # Nobody writes here: its end is the end of this process, whatever ended it.
        self._life, self._own_life = os.pipe()

    def supervise(self, ready: Callable[[], None]) -> None:
        """Starts them, calls `ready` when all serve, replaces the fallen until told to end.

        Raises `Unavailable` when they fall again and again and none has served yet.
        """
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        for number in range(self._count):
            self._start(number)
        serving = 0
        while self._children:
            if select.select([self._told], [], [], _LOOK_SECONDS)[0]:
                before, serving = serving, serving + len(os.read(self._told, 64))
                if before < self._count <= serving:
                    ready()
            self._look(is_new=serving == 0)

    def _look(self, *, is_new: bool) -> None:
        for pid in list(self._children):
            done, status = os.waitpid(pid, os.WNOHANG)
            if not done:
                continue
            number = self._children.pop(pid)
            if self._ending:
                continue
            _log.warning("worker_fell", number=number, code=os.waitstatus_to_exitcode(status))
            self._falls += 1
            if is_new and self._falls >= _MOST_FALLS:
                self._end(signal.SIGTERM, None)
                raise Unavailable("the workers do not start; their reasons stand above")
            self._start(number)

    def _start(self, number: int) -> None:
        # What falls at once would fall again and again.
        time.sleep(max(0.0, self._started.get(number, 0) + _SHORTEST_SECONDS - time.monotonic()))
        self._started[number] = time.monotonic()
        if self._ending:
            return
        pid = os.fork()
        if pid == 0:
            self._be_worker(number)
        self._children[pid] = number
        if self._ending:  # the signal came between
            _send_end(pid)

    def _be_worker(self, number: int) -> None:
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.close(self._own_life)
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            self._work(self._say_serving, leads=number == 0)
            code = 0
        except BaseException as error:  # what is above on the stack belongs to the parent
            _log.error("worker_failed", number=number, reason=f"{type(error).__name__}: {error}")
        finally:
            os._exit(code)

    def _end(self, _: int, __: FrameType | None) -> None:
        self._ending = True
        for pid in self._children:
            _send_end(pid)

    def _say_serving(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._tell, b"r")

    def _end_with_parent(self) -> None:
        os.read(self._life, 1)
        os.kill(os.getpid(), signal.SIGTERM)


def _send_end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
