"""From a resource to the keys, rows and columns that make it findable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordee.fhir.indexing import landmarks, spans
from cordee.fhir.indexing.asking import asked
from cordee.fhir.indexing.document_types import CLASS_PLACE, DOCUMENT_TYPES, document_class
from cordee.fhir.indexing.extracted import Extracted
from cordee.fhir.indexing.intervals import MAX, MIN
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.indexing.plans import Plan
from cordee.fhir.indexing.references import local_references, target
from cordee.runtime.clock import now

__all__ = ["Extracted", "Extractor"]

_PATIENT = "Patient/"
_TIED = landmarks.CIRCLE_TYPES
_Path = tuple[str, ...]


class Extractor:
    """Extracts resources under the parameters of a registry; follows its changes."""

    def __init__(self, registry: Registry, keys: KeyMaker) -> None:
        """`keys` holds the secret of this installation."""
        self._registry = registry
        self._keys = keys
        self._fingerprint = registry.fingerprint
        self._types: dict[str, _TypeExtractor] = {}

    def __call__(self, resource: dict[str, Any], *, contained: bool = False) -> Extracted:
        """All that is indexed of a resource, which has passed validation.

        A contained one has no patient of its own: its references to patients are keys.
        """
        if self._fingerprint != self._registry.fingerprint:
            self._types, self._fingerprint = {}, self._registry.fingerprint
        name = resource["resourceType"]
        known = self._types.get(name)
        if known is None:
            known = self._types[name] = _TypeExtractor(self._registry, name, self._keys)
        return known.extract(resource, contained=contained)


class _TypeExtractor:
    """All that is known beforehand about one resource type."""

    def __init__(self, registry: Registry, name: str, keys: KeyMaker) -> None:
        known = registry.of(name)
        main = registry.main_patient(name)
        self._name = name
        self._plan = Plan(registry, name, keys)
        branches = (main.branches or ()) if main is not None else ()
        self._patient_paths = [tuple(step.name for step in branch.steps) for branch in branches]
        self._dates = [known[code].number for code in registry.clinical_parameters(name)]
        self._custodians = _paths(landmarks.CUSTODIANS.get(name, ()))
        ties = landmarks.TIES.get(name, ())
        self._ties = [(tuple(path.split(".")), kind) for path, kind in ties]
        self._is_document = name in DOCUMENT_TYPES
        self._is_task = name == "Task"
        self._labelled_by = landmarks.LABELLED_BY.get(name)
        self._is_container = name in {"Bundle", "Parameters"}

    def extract(self, resource: dict[str, Any], *, contained: bool) -> Extracted:
        out = Extracted()
        out.patient = None if contained else self._patient(resource)
        self._plan.run(resource, out)
        out.keys = list(dict.fromkeys(out.keys))
        out.sort_keys = list(dict.fromkeys(out.sort_keys))
        out.has = list(dict.fromkeys(out.has))
        out.refs = list(dict.fromkeys(out.refs))
        if out.dates:
            out.clinical_date = self._clinical_date(out)
        security = (resource.get("meta") or {}).get("security") or []
        if self._labelled_by is not None:
            security = [*security, *_codings(resource.get(self._labelled_by) or ())]
        if security:
            out.labels = labels(security)
        if self._is_document:
            out.labels |= document_class(resource) << CLASS_PLACE
        if contained:
            return out
        self._surroundings(resource, out)
        if not self._is_container:
            out.references = local_references(resource)
        return out

    def _patient(self, resource: dict[str, Any]) -> str | None:
        if self._name == "Patient":
            return resource.get("id")
        found: str | None = None
        for path in self._patient_paths:
            for literal in _literals(resource, path):
                if literal.startswith(_PATIENT):
                    if found is not None and found != literal:
                        return None
                    found = literal
        return found[len(_PATIENT) :] if found is not None else None

    def _clinical_date(self, out: Extracted) -> datetime | None:
        for number in self._dates:
            lows = [low for parameter, low, _, _ in out.dates if parameter == number]
            if lows and (low := min(lows)) != MIN:
                return low
        return None

    def _surroundings(self, resource: dict[str, Any], out: Extracted) -> None:
        keepers = (one for path in self._custodians for one in _literals(resource, path))
        out.custodian = next((one for one in keepers if one.startswith("Organization/")), None)
        if self._name in spans.BOUNDED:
            self._bounded(resource, out)
            return
        for path, kind in self._ties:
            for literal in _literals(resource, path):
                if literal.startswith(_TIED):
                    out.circle.append(kind + literal)
        if self._is_task:
            out.circle += [landmarks.CIRCLE + one for one in asked(resource)]
        out.circle = list(dict.fromkeys(out.circle))

    def _bounded(self, resource: dict[str, Any], out: Extracted) -> None:
        """Ties that run and have no end stand as others do; the rest with their bounds."""
        at = now()
        found = [(landmarks.TEAM, one) for one in spans.managers(resource)]
        found += [(landmarks.CIRCLE, one) for one in spans.members(resource)]
        known = [(kind, one) for kind, one in found if one.reference.startswith(_TIED)]
        lasting = [kind + one.reference for kind, one in known if one.holds(at) and one.ends == MAX]
        out.circle = list(dict.fromkeys(lasting))
        terms = [(kind + one.reference, one.starts, one.ends) for kind, one in known]
        out.terms = [one for one in dict.fromkeys(terms) if one[0] not in out.circle]
        out.circle_ends = spans.circle_end(resource)


def labels(security: list[dict[str, Any]]) -> int:
    """Bit mask of labels: R is 1, V is 2, of visibility 8 to 32, any other 4."""
    mask = 0
    for coding in security:
        visibility = landmarks.VISIBILITY_BITS.get(coding.get("code", ""))
        if visibility is not None:
            mask |= visibility
            continue
        known = coding.get("system") == landmarks.CONFIDENTIALITY
        bit = landmarks.LABEL_BITS.get(coding.get("code", "")) if known else None
        mask |= landmarks.OTHER_LABEL if bit is None else bit
    return mask


def _codings(held: str | Sequence[Any]) -> list[dict[str, Any]]:
    """Codings of a list of concepts; a bare code is one of confidentiality."""
    if isinstance(held, str):
        return [{"system": landmarks.CONFIDENTIALITY, "code": held}]
    return [coding for concept in held for coding in concept.get("coding") or ()]


def _paths(texts: Sequence[str]) -> tuple[_Path, ...]:
    return tuple(tuple(text.split(".")) for text in texts)


def _literals(value: Any, path: _Path) -> list[str]:
    """Literal references at the end of a path of properties."""
    found = [value]
    for name in path:
        below: list[Any] = []
        for item in found:
            child = item.get(name)
            if type(child) is list:
                below += child
            elif child is not None:
                below.append(child)
        if not below:
            return below
        found = below
    return [literal for item in found if (literal := target(item.get("reference"))) is not None]
