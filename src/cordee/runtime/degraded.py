"""Whether this installation takes no writes of care now, as its operator said.

Rule: A6.8; decision 0040. A file in the data folder is seen by all processes within a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

FLAG = "read-only"
_LOOK_SECONDS = 1.0


class ReadOnly:
    """What one process knows of it."""

    def __init__(
        self, flag: Path, *, is_set: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`is_set` holds for the life of the process, the file `flag` while it is there."""
        self._flag = flag
        self._is_set = is_set
        self._clock = clock
        self._looked = float("-inf")
        self._found = False

    def __call__(self) -> bool:
        """Whether writes are refused; looks at the file once a second at most."""
        if self._is_set:
            return True
        now = self._clock()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked, self._found = now, self._flag.exists()
        return self._found
