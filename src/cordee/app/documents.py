"""The desk of documents bound to the guarded kernel, the scanner and the DMP."""

from __future__ import annotations

from cordee.app.shelf import KernelShelf
from cordee.app.wiring import Parts
from cordee.care.documents.consulting import DmpReading
from cordee.care.documents.desk import DocumentDesk
from cordee.care.documents.intake import Intake
from cordee.care.documents.opening import Openings


def document_desk(parts: Parts) -> DocumentDesk:
    """The services of documents of this process."""
    shelf = KernelShelf(parts.kernel, parts.guard)
    return DocumentDesk(
        Intake(parts.database, shelf, parts.settings.scanner),
        parts.deposits,
        Openings(parts.database, shelf, parts.kernel.keys),
        DmpReading(parts.database, shelf, parts.dmp, parts.kernel.keys),
    )
