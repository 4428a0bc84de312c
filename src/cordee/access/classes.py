"""Which classes of documents the matrix opens to a profession, as bits for the statements.

The statement and the decision ask the same cells: `matrix-opens` of `access.rules`.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Final

from cordee.access.matrix import Matrix, Right, State, catalogue, in_force
from cordee.access.registers.matrices import versions
from cordee.fhir.indexing.document_types import MOST_CLASSES, classes
from cordee.runtime.database import Connection

_SECONDS: Final = 5.0
_BYTES: Final = MOST_CLASSES // 8 + 1
_NO_DOCUMENT: Final = 0


class MatrixClasses:
    """The matrix of an installation, read again every few seconds."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._versions: tuple[Matrix, ...] = ()
        self._until = 0.0

    async def opened(self, connection: Connection, profession: str, at: datetime) -> bytes:
        """A bit for each class that a profession reads at a moment."""
        if self._until < time.monotonic():
            self._versions = await versions(connection)
            self._until = time.monotonic() + _SECONDS
        return opened_classes(in_force(self._versions, at), profession)

    def forget(self) -> None:
        """Reads the matrix anew at the next question."""
        self._until = 0.0


def opened_classes(matrix: Matrix | None, profession: str) -> bytes:
    """Class n is bit n % 8 of byte n // 8, as `get_bit` of PostgreSQL counts; 0 is always open."""
    bits = bytearray(no_classes())
    category_of = catalogue().category_of
    for code, number in classes().items():
        cell = matrix.cell(profession, code, category_of[code], Right.READ) if matrix else None
        if cell is not None and cell.state is State.OPEN:
            bits[number // 8] |= 1 << number % 8
    return bytes(bits)


def no_classes() -> bytes:
    """No document, and all that is none."""
    return bytes([1 << _NO_DOCUMENT]) + bytes(_BYTES - 1)
