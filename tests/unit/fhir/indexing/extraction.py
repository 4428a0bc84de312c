"""Extraction of small resources, and questions about what came out."""

from __future__ import annotations

from cordee.fhir.indexing.extract import Extracted, Extractor
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Parameter, Registry

REGISTRY = Registry.r4()
KEYS = KeyMaker(b"test")
EXTRACT = Extractor(REGISTRY, KEYS)
UCUM = "http://unitsofmeasure.org"


def extracted(resource_type: str, **elements: object) -> Extracted:
    return EXTRACT({"resourceType": resource_type, "id": "r1", **elements})


def has_key(found: Extracted, text: str) -> bool:
    return KEYS(text) in found.keys


def has_reference(found: Extracted, name: str, literal: str) -> bool:
    """Whether a reference is indexed: the key of its target xor the key of `Type.param`."""
    return KEYS(name) ^ KEYS(literal) in found.keys


def parameter(name: str) -> Parameter:
    resource_type, _, code = name.partition(".")
    return REGISTRY.of(resource_type)[code]


def texts(found: Extracted, name: str) -> list[str]:
    number = parameter(name).number
    return [text for row, text, _, _ in found.strings if row == number]


def concept(system: str, *codes: str, text: str | None = None) -> dict:
    coded: dict = {"coding": [{"system": system, "code": code} for code in codes]}
    return coded | ({"text": text} if text else {})
