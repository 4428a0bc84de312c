"""The outbox of events: told in the transaction of what happened, once for each source.

What is derived from FHIR writes is told by a reader of the journal (`deriving`); what is none is
told by who does it. Who hears of it is decided elsewhere (`notify`). Decision 0050.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import orjson

from cordee.care.notifications.kinds import kind_of
from cordee.runtime.database import Connection

CHANNEL: Final = "cordee_event"
"""Where PostgreSQL says that there is something to tell; without a word of what it is."""
_REFERENCE: Final = re.compile(r"[A-Z][A-Za-z]{1,40}/[A-Za-z0-9\-.]{1,64}")
_CODED: Final = re.compile(r"[\w./:|+=#@-]{1,200}")
_TELL: Final = """
WITH told AS (
  INSERT INTO event (source, kind, at, patient, place, focus, urgent, recipients, detail, written)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text[], $9::text::jsonb, $10)
  ON CONFLICT (source) DO NOTHING RETURNING n
) SELECT pg_notify('cordee_event', '') FROM told
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, once for each `source`.

    `kind` is a code of `kinds`; `patient`, `place` (a structure) and `focus` (what it is about) are
    references `Type/id`; `to` are recipients that it names by itself, `Practitioner/…`,
    `Organization/…` or `Person/…`, or the user name of an account. `detail` holds codes and
    references alone, no text of a patient: what people read is read anew through the guard.
    Known to the screens: `by` (the user who did it, who is not told), `sender` (the structure that
    answers for it), `thread` (a thread of messages), `path` (a page of ours where it leads).
    `written` is when what happened was written here, None for now.
    """

    kind: str
    at: datetime
    source: str
    patient: str = ""
    urgent: bool = False
    place: str = ""
    focus: str = ""
    to: tuple[str, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)
    written: datetime | None = None


async def tell(connection: Connection, event: Event) -> None:
    """Tells an event in the caller's transaction; nothing happens when its source was told before.

    Raises `ValueError` for a kind that is not known, a moment without its offset or out of range, a
    reference that is none, or a detail that is more than codes and references.
    """
    kind = kind_of(event.kind)
    _check(event)
    await connection.execute(
        _TELL, event.source, event.kind, event.at, event.patient, event.place, event.focus,
        event.urgent or kind.urgent, list(event.to), orjson.dumps(dict(event.detail)).decode(),
        event.written,
    )  # fmt: skip


def _check(event: Event) -> None:
    if not event.source:
        raise ValueError("an event has a source")
    if event.at.tzinfo is None:
        raise ValueError("an event has a moment with its offset")
    try:
        event.at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("an event has a moment of a year from 1 to 9999") from error
    for name in ("patient", "place", "focus"):
        reference = getattr(event, name)
        if reference and not _REFERENCE.fullmatch(reference):
            raise ValueError(f"{name} of an event: give Type/id")
    if not all(not one or is_coded(one) for pair in event.detail.items() for one in pair):
        raise ValueError("detail of an event: give codes and references, no text")


def is_coded(text: str) -> bool:
    """Whether a text can stand in the detail of an event: a code or a reference."""
    return _CODED.fullmatch(text) is not None
