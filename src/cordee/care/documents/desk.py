"""What a screen asks about documents, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.documents.consulting import DmpReading
from cordee.care.documents.depositing import Depositing
from cordee.care.documents.intake import Intake
from cordee.care.documents.opening import Openings


@dataclass(frozen=True, slots=True)
class DocumentDesk:
    """The services of documents, for the screen."""

    intake: Intake
    deposits: Depositing
    openings: Openings
    dmp: DmpReading
