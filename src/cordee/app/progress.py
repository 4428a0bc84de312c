"""A progress bar on standard error; plain lines where there is no terminal."""

from __future__ import annotations

import sys
import time

_WIDTH = 30
_TERMINAL_SECONDS = 0.1
_PLAIN_SECONDS = 5.0


class Bar:
    """Counts towards a total; the total may be an estimate."""

    def __init__(self, title: str, total: int) -> None:
        """Draws nothing before the first step."""
        self._title = title
        self._total = max(1, total)
        self._done = 0
        self._note = ""
        self._started = time.monotonic()
        self._drawn = 0.0
        self._live = sys.stderr.isatty()

    def forward(self, amount: int) -> None:
        """So much more is done."""
        self._done += amount
        self._total = max(self._total, self._done)
        self._draw()

    def say(self, note: str) -> None:
        """Text beside the bar."""
        self._note = note

    def end(self) -> None:
        """Draws the full bar and leaves its line."""
        self._total = max(1, self._done)
        self._drawn = 0.0
        self._draw()
        if self._live:
            sys.stderr.write("\n")

    def _draw(self) -> None:
        moment = time.monotonic()
        if moment - self._drawn < (_TERMINAL_SECONDS if self._live else _PLAIN_SECONDS):
            return
        self._drawn = moment
        share = min(1.0, self._done / self._total)
        full = int(_WIDTH * share)
        bar = "█" * full + "·" * (_WIDTH - full)
        line = f"{self._title} {bar} {share:4.0%} {moment - self._started:5.0f} s  {self._note}"
        sys.stderr.write(f"\r\x1b[2K{line}" if self._live else f"{line}\n")
        sys.stderr.flush()
