"""What of a Patient leaves the platform: the matricule only with a qualified identity.

Rule: RNIV 1, EXI SI 08; A1.4 and A1.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from cordee.identity.ins.matricule import is_national
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.ins.vocabulary import PATIENT, PATIENT_INS, Resource, is_profile

Json = dict[str, Any]


def outgoing(patient: Resource) -> Json:
    """The Patient as it may be sent: untouched when qualified, else traits and local numbers.

    Without QUAL, or with doubt or fiction, every identifier under the national root goes, at
    any depth, with its OID; so do a narrative that could repeat it and the INS profile.
    """
    if read_identity(patient).may_send_matricule:
        return dict(patient)
    return without_national(patient)


def without_national(patient: Resource) -> Json:
    """The Patient without any national number, nor what could repeat it."""
    sent = cast("Json", _stripped(patient))
    sent.pop("text", None)
    if links := [one for one in sent.pop("link", []) if "other" in one]:
        sent["link"] = links
    if "meta" in sent:
        sent["meta"] = _plain_meta(sent["meta"])
    return sent


def _stripped(value: object) -> object:
    """The same value without national identifiers, at any depth."""
    if isinstance(value, Mapping):
        kept = {
            name: _stripped(part)
            for name, part in value.items()
            if not (isinstance(part, Mapping) and _is_national_identifier(part))
        }
        return {name: part for name, part in kept.items() if part not in ([], {})}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        parts = (one for one in value if not _is_national_identifier(one))
        return [one for one in map(_stripped, parts) if one != {}]
    return value


def _is_national_identifier(value: object) -> bool:
    return isinstance(value, Mapping) and is_national(str(value.get("system", "")))


def _plain_meta(meta: Resource) -> Json:
    profiles = [
        PATIENT if is_profile(str(one), PATIENT_INS) else str(one)
        for one in meta.get("profile", ())
    ]
    return {**meta, "profile": list(dict.fromkeys(profiles))} if profiles else dict(meta)
