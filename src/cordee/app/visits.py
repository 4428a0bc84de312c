"""Photos of visits bound to the door of documents and the guarded kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cordee.app.documents import document_desk
from cordee.app.store import KernelStore
from cordee.care.visits.photos import Photos

if TYPE_CHECKING:
    from cordee.app.wiring import Parts


def photos(parts: Parts) -> Photos:
    """The photos of visits of this process."""
    store = KernelStore(parts.kernel, parts.guard)
    return Photos(document_desk(parts).intake, store)
