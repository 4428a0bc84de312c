"""Which class of the habilitation matrix a document is of, as a number in its labels.

The classes are the document types of `matrix/documents.csv` in their order: rows are only ever
added at its end. Class 0 is no document at all, the last one a document of no known type.
Rule: A3.1, JDV_J07; decision 0030.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from cordee.runtime.resources import data_folder

CLASS_PLACE: Final = 6
"""Bits of `lab` below those of the class."""
MOST_CLASSES: Final = 127
UNKNOWN_CLASS: Final = MOST_CLASSES
DOCUMENT_TYPES: Final = ("DocumentReference", "DocumentManifest", "Composition")


@cache
def classes() -> Mapping[str, int]:
    """The class of each document type, by its code."""
    text = data_folder("matrix").joinpath("documents.csv").read_text("utf-8")
    codes = [row["code"] for row in csv.DictReader(text.splitlines())]
    if len(set(codes)) != len(codes) or len(codes) >= UNKNOWN_CLASS:
        raise AssertionError("document types are each named once and number less than 127")
    return {code: number for number, code in enumerate(codes, 1)}


def document_class(resource: Mapping[str, Any]) -> int:
    """The class of a document, by the first of its codes that is a known type."""
    known = classes()
    concept = resource.get("type") or {}
    for coding in concept.get("coding") or ():
        found = known.get(coding.get("code", ""))
        if found is not None:
            return found
    return UNKNOWN_CLASS
