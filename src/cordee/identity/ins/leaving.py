"""What of a stored Patient leaves: bytes as they are, but for an identity that is not qualified.

Only a body that holds a national number is looked into, and each of them once: what was found is
remembered by its bytes, as the bytes of a version never change. A former version says who somebody
was taken for then: its number never leaves. Rule: A1.5; decision 0026.
"""

from __future__ import annotations

from typing import Final, Protocol

import orjson

from cordee.identity.ins.matricule import OID_ROOT
from cordee.identity.ins.outgoing import outgoing, without_national
from cordee.identity.ins.patient_reading import read_identity

_ROOT: Final = OID_ROOT.encode()
_PATIENT: Final = b'"resource":{"resourceType":"Patient"'
_MOST: Final = 200_000


class Stored(Protocol):
    """A stored version: its bytes behind the identity, and all of it."""

    body: bytes
    former: bool

    def whole(self) -> bytes:
        """The resource as it is kept."""
        ...


class PatientDeparture:
    """The way out of Patients, for one process."""

    def __init__(self) -> None:
        """Nothing is known to be qualified yet."""
        self._qualified: set[int] = set()

    def version(self, version: Stored) -> bytes:
        """A stored Patient as it is sent."""
        whole = version.whole()
        if _ROOT not in version.body:
            return whole
        if version.former:
            return orjson.dumps(without_national(orjson.loads(whole)))
        if hash(version.body) in self._qualified:
            return whole
        patient = orjson.loads(whole)
        if not read_identity(patient).may_send_matricule:
            return orjson.dumps(outgoing(patient))
        self._remember(hash(version.body))
        return whole

    def entry(self, entry: bytes) -> bytes:
        """An entry of a Bundle as it is sent."""
        if _ROOT not in entry or _PATIENT not in entry or hash(entry) in self._qualified:
            return entry
        parsed = orjson.loads(entry)
        patient = parsed["resource"]
        if not read_identity(patient).may_send_matricule:
            return orjson.dumps(parsed | {"resource": outgoing(patient)})
        self._remember(hash(entry))
        return entry

    def _remember(self, mark: int) -> None:
        if len(self._qualified) >= _MOST:
            self._qualified.clear()
        self._qualified.add(mark)
