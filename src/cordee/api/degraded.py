"""`/fhir` while nothing is written: reads and searches go on, each traced before it is sent."""

from __future__ import annotations

from cordee.runtime.errors import Unavailable

_READING = frozenset({"GET", "HEAD"})
_ASKING = frozenset({"_search", "$match", "$everything", "$stats", "$validate", "$run"})


def refuse_writing(method: str, parts: list[str]) -> None:
    """Raises `Unavailable` for anything but a read, a search or an operation that writes nothing.

    A Bundle is refused whole: a batch may hold writes.
    """
    if method in _READING or (method == "POST" and parts and parts[-1] in _ASKING):
        return
    raise Unavailable(
        "this platform is read-only for the moment: nothing was changed; keep the message and send"
        " it again later"
    )
