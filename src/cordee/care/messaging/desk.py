"""What the screen asks of messages, together."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.messaging.absences import Absences
from cordee.care.messaging.following import Pulse
from cordee.care.messaging.reading import Reading
from cordee.care.messaging.writing import Writing


@dataclass(frozen=True, slots=True)
class MessageDesk:
    """The services of messages of one process."""

    reading: Reading
    writing: Writing
    absences: Absences
    pulse: Pulse
