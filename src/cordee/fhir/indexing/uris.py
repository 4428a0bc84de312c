"""URI values as keys, and as rows for `:below`. Rule: https://hl7.org/fhir/R4/search.html#uri."""

from __future__ import annotations

from typing import Any

from cordee.fhir.indexing.extracted import Emit, Extracted
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.indexing.strings import LONGEST

_KINDS = {"uri", "url", "canonical", "oid", "uuid", "string", "id", "code"}


def emitter(parameter: Parameter, kind: str, keys: KeyMaker) -> Emit | None:
    """Writer of the key of a URI; None when the value is none.

    Parameters of one type also get a string row with the URI as written, for `:below` and
    `:above`; `_profile` and `_source` of every resource do not.
    """
    if kind not in _KINDS:
        return None
    name, number, has_row = parameter.name, parameter.number, not parameter.code.startswith("_")

    def emit(value: str, out: Extracted, _owner: dict[str, Any]) -> None:
        url = value.partition("|")[0]
        out.keys.append(keys(f"{name}={value}"))
        if url != value:
            out.keys.append(keys(f"{name}={url}"))
        if has_row:
            out.strings.append((number, value[:LONGEST], keys(value), 0))

    return emit
