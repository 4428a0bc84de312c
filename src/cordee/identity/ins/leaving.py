"""What of a stored Patient leaves: bytes as they are, but for an identity that is not qualified.

Only a body that holds a national number is looked into, and each of them once: what was found is
remembered by its bytes, as the bytes of a version never change. Rule: A1.5; decision 0026.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import orjson

from cordee.identity.ins.matricule import OID_ROOT
from cordee.identity.ins.outgoing import outgoing
from cordee.identity.ins.patient_reading import read_identity

_ROOT: Final = OID_ROOT.encode()
_MOST: Final = 200_000


class Stored(Protocol):
    """A stored version: its bytes behind the identity, and all of it."""

    body: bytes

    def whole(self) -> bytes:
        """The resource as it is kept."""
        ...


def leaving() -> Callable[[Stored], bytes]:
    """A function that gives the bytes of a stored Patient as they may be sent."""
    qualified: set[int] = set()

    def leave(version: Stored) -> bytes:
        whole = version.whole()
        if _ROOT not in version.body or hash(version.body) in qualified:
            return whole
        patient = orjson.loads(whole)
        if read_identity(patient).may_send_matricule:
            if len(qualified) >= _MOST:
                qualified.clear()
            qualified.add(hash(version.body))
            return whole
        return orjson.dumps(outgoing(patient))

    return leave
