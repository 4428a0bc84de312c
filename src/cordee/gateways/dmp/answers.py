"""What the DMP answers: searchsets, the response to a lot, refusals with their reason in French.

An OperationOutcome may quote a person: its codes are read, its texts never. Decision 0044.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import httpx
import orjson

from cordee.care.documents.ports import DmpRefused, Listed
from cordee.runtime.errors import Unavailable

_DUPLICATES: Final = ("XDSDuplicateUniqueIdInRegistry", "XDSDuplicateDocumentUniqueIdInRegistry")
_CODES: Final = {
    "duplicate": "duplicate",
    "not-found": "unknown-document",
    "forbidden": "not-author",
    "security": "not-author",
}
_BY_STATUS: Final = {403: "not-author", 404: "unknown-document", 409: "duplicate"}
_METADATA: Final = frozenset({400, 412, 415, 422})


def read_bundle(answer: httpx.Response) -> list[dict[str, Any]]:
    """The resources of a searchset; raises `Unavailable` for what is none."""
    bundle = _json(answer)
    if bundle.get("resourceType") != "Bundle":
        raise Unavailable("Le DMP a répondu autre chose qu’une liste.")
    found = [one.get("resource", {}) for one in bundle.get("entry", ())]
    return [one for one in found if one.get("resourceType") != "OperationOutcome"]


def remote_of(answer: httpx.Response) -> str:
    """The id that the DMP gave to the document of a lot; raises `DmpRefused`, `Unavailable`."""
    bundle = _json(answer)
    for entry in bundle.get("entry", ()):
        response = entry.get("response", {})
        if not str(response.get("status", "")).startswith("2"):
            raise DmpRefused(_code_of(response.get("outcome") or {}, 422))
        parts = str(response.get("location", "")).split("/")
        if "DocumentReference" in parts[:-1]:
            return parts[parts.index("DocumentReference") + 1]
    raise Unavailable("Le DMP n’a pas dit où il a rangé le document.")


def refusal_of(answer: httpx.Response) -> DmpRefused:
    """The refusal that an HTTP error says."""
    try:
        outcome = _json(answer)
    except Unavailable:
        outcome = {}
    return DmpRefused(_code_of(outcome, answer.status_code))


def listed(document: dict[str, Any]) -> Listed:
    """What a DocumentReference of the DMP says."""
    content = next(iter(document.get("content", ())), {}).get("attachment", {})
    coded = (document.get("type") or {}).get("coding", ())
    return Listed(
        unique_id=str((document.get("masterIdentifier") or {}).get("value", "")),
        remote=str(document.get("id", "")),
        status=str(document.get("status", "")),
        type=str(next(iter(coded), {}).get("code", "")),
        title=str(content.get("title", "")),
        date=str(document.get("date", "")),
        media=str(content.get("contentType", "")),
        address=str(content.get("url", "")),
        hash=_bytes(str(content.get("hash", ""))),
    )


def _code_of(outcome: dict[str, Any], status: int) -> str:
    """Our code of a refusal: what its issues say, else what its status says."""
    for issue in outcome.get("issue", ()):
        details = (issue.get("details") or {}).get("coding", ())
        named = {str(one.get("code", "")) for one in details}
        if named & set(_DUPLICATES):
            return "duplicate"
        if "dmp-closed" in named:
            return "dmp-closed"
        if issue.get("code") in _CODES:
            return _CODES[issue["code"]]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return "metadata" if status in _METADATA else "refused"


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        raise Unavailable("Le DMP a répondu autre chose que du FHIR.") from error
    if not isinstance(found, dict):
        raise Unavailable("Le DMP a répondu autre chose que du FHIR.")
    return found


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
