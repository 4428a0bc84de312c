"""Search parameters by resource type: those of R4, and those that are added.

Rule: https://hl7.org/fhir/R4/searchparameter-registry.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from cordee.fhir.indexing import landmarks
from cordee.fhir.indexing.custom import checked_row, concrete_types
from cordee.fhir.indexing.national import NATIONAL
from cordee.fhir.model.definitions import RESOURCE_TYPES, search_parameter_table
from cordee.fhir.path.compiler import compile_path
from cordee.fhir.path.nodes import lineage
from cordee.fhir.path.plain import Branch, plain_branches

EXTRACTION = "5"
"""Raised when the same parameters come to write other keys or rows.

The migration of the same release then notes the former one where there are rows, as 0003 does.
"""
_EXTRACTION_OF = {"CareTeam": "6", "Task": "6"}
"""Types alone of which other keys or rows are written since; their rows are made again."""

_CODED = frozenset({"code", "Coding", "CodeableConcept"})
_COLUMNS = frozenset({"_id", "_lastUpdated", "_text", "_content", "_query"})


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a composite: its parameter's URL and type, its path from the composite's base."""

    definition: str
    expression: str
    type: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter on one resource type.

    `number` is stable: a hash of type, code and URL. `means_patient` when it says exactly what the
    patient column says; `is_sorted` when it has sorted rows; `companion` names the token parameter
    whose key its rows carry.
    """

    code: str
    type: str
    base: str
    url: str
    expression: str | None
    targets: tuple[str, ...]
    components: tuple[Component, ...]
    number: int
    is_sorted: bool = False
    means_patient: bool = False
    companion: str | None = None

    @property
    def name(self) -> str:
        """`Type.code`, with which the texts of its keys begin."""
        return f"{self.base}.{self.code}"

    @property
    def compiled(self) -> Callable[[dict[str, Any]], list[Any]]:
        """Function from a resource to the JSON values of this parameter."""
        return compile_path(self.expression or "{}")

    @property
    def branches(self) -> tuple[Branch, ...] | None:
        """Static paths of the expression; None when it needs the whole of FHIRPath."""
        return plain_branches(self.expression or "{}", self.base)

    @property
    def stands_on_resource(self) -> bool:
        """For a composite: whether its components are read from the resource itself."""
        branches = self.branches
        return branches is not None and not any(branch.steps for branch in branches)

    @property
    def is_on_elements(self) -> bool:
        """For rows with a companion: whether their code is that of an element of the resource."""
        return any(len(branch.steps) > 1 for branch in self.branches or ())


def parameter_number(base: str, code: str, url: str) -> int:
    """Positive even int4 of a parameter, the same on every installation."""
    digest = sha256(f"{base}|{code}|{url}".encode()).digest()
    return (int.from_bytes(digest[:4], "big") & 0x7FFFFFFE) or 2


def text_number(parameter: Parameter) -> int:
    """Parameter number of the string rows for `:text` of a token: its own plus one."""
    return parameter.number | 1


class Registry:
    """The search parameters of this installation."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        """`rows` have the element names of SearchParameter; see `search_parameter_table`."""
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._kinds: dict[str, str] = {}
        self._custom: dict[str, dict[str, Any]] = {}
        self._by_type: dict[str, Mapping[str, Parameter]] = {}
        self._patients: dict[str, Parameter | None] = {}
        self._fingerprint: str | None = None
        for row in rows:
            self._kinds[row["url"]] = row["type"]
            for base in row["base"]:
                self._rows.setdefault(base, []).append(row)

    @classmethod
    def r4(cls) -> Registry:
        """All parameters of R4 and of national guides, worked out when first asked for."""
        return cls([*search_parameter_table(), *NATIONAL])

    def of(self, resource_type: str) -> Mapping[str, Parameter]:
        """Parameters of a type by code, with those of Resource and DomainResource.

        Raises `KeyError` when there is no such resource type.
        """
        found = self._by_type.get(resource_type)
        if found is None:
            if resource_type not in RESOURCE_TYPES:
                raise KeyError(resource_type)
            found = self._by_type[resource_type] = self._built(resource_type)
        return found

    def extracted(self, resource_type: str) -> list[Parameter]:
        """Parameters that write keys or rows; columns and unions of others do not."""
        unions = landmarks.UNIONS.get(resource_type, {})
        return [
            parameter
            for code, parameter in self.of(resource_type).items()
            if code not in unions and code not in _COLUMNS and parameter.expression
        ]

    def rows_of(self, resource_type: str, code: str) -> tuple[Parameter, ...]:
        """Parameters whose keys or rows serve a parameter: often itself alone.

        Raises `KeyError` when the type has no such parameter.
        """
        known = self.of(resource_type)
        served = landmarks.UNIONS.get(resource_type, {}).get(code)
        return tuple(known[name] for name in served) if served else (known[code],)

    def companion_name(self, composite: Parameter, rows: Parameter) -> str:
        """`Type.param` whose `=code` text is hashed for the `ckey` of `rows` under a composite."""
        return f"{rows.base}.{rows.companion}" if rows.companion else composite.name

    def add(self, search_parameter: dict[str, Any]) -> list[Parameter]:
        """Take up a SearchParameter resource; its parameters, one for each base type.

        One that says what a known parameter says changes nothing, and gives the known ones.
        Raises `InvalidRequest` when a type, the expression or a component is unusable.
        """
        row = checked_row(search_parameter, self._kinds)
        served = [self.of(base).get(row["code"]) for base in concrete_types(row["base"])]
        if all(known is not None and _says_the_same(known, row) for known in served):
            return [known for known in served if known is not None]
        self._custom[row["url"]] = row
        self._kinds[row["url"]] = row["type"]
        self._forget()
        bases = [base for base in concrete_types(row["base"]) if row["code"] in self.of(base)]
        return [self.of(base)[row["code"]] for base in bases]

    def remove(self, url: str) -> None:
        """Give up an added parameter; nothing happens when it is unknown."""
        if self._custom.pop(url, None) is not None:
            self._forget()

    def custom(self) -> frozenset[str]:
        """URLs of the added parameters."""
        return frozenset(self._custom)

    def check(self, search_parameter: dict[str, Any]) -> None:
        """Raise `InvalidRequest` when a SearchParameter resource could not be added."""
        checked_row(search_parameter, self._kinds)

    def plain_fingerprint(self, extraction: str = EXTRACTION) -> str:
        """Fingerprint of a type that has no added parameter, also of an earlier extraction."""
        return _digest([extraction])

    def type_fingerprint(self, resource_type: str) -> str:
        """Text that changes when what is extracted of this type changes."""
        family = set(lineage(resource_type))
        custom = sorted(
            repr(sorted(row.items()))
            for row in self._custom.values()
            if not family.isdisjoint(row["base"])
        )
        return _digest([_EXTRACTION_OF.get(resource_type, EXTRACTION), *custom])

    @property
    def fingerprint(self) -> str:
        """Text that changes when what is extracted changes."""
        if self._fingerprint is None:
            custom = sorted(repr(sorted(row.items())) for row in self._custom.values())
            self._fingerprint = _digest([EXTRACTION, *custom])
        return self._fingerprint

    def main_patient(self, resource_type: str) -> Parameter | None:
        """Parameter of the patient that a resource of this type is about."""
        self.of(resource_type)
        return self._patients[resource_type]

    def patient_parameters(self, resource_type: str) -> frozenset[str]:
        """Parameters that mean exactly the patient column."""
        known = self.of(resource_type).values()
        return frozenset(parameter.code for parameter in known if parameter.means_patient)

    def clinical_parameters(self, resource_type: str) -> tuple[str, ...]:
        """Date parameters whose first value is the clinical date, in order."""
        known = self.of(resource_type)
        chosen = landmarks.CLINICAL_DATES.get(resource_type)
        if chosen is None:
            found = [code for code in landmarks.OTHER_CLINICAL_DATES if code in known]
            return tuple(found[:1])
        return tuple(code for code in chosen if code in known)

    def date_parameter(self, resource_type: str) -> str | None:
        """Parameter whose value alone is the clinical date; None when several may be."""
        codes = self.clinical_parameters(resource_type)
        return codes[0] if len(codes) == 1 else None

    def code_parameters(self, resource_type: str) -> tuple[str, ...]:
        """Token parameters that have sorted rows."""
        known = self.of(resource_type).values()
        return tuple(parameter.code for parameter in known if parameter.is_sorted)

    def _forget(self) -> None:
        self._by_type, self._patients, self._fingerprint = {}, {}, None

    def _built(self, resource_type: str) -> Mapping[str, Parameter]:
        known = {
            row["code"]: row
            for base in reversed(lineage(resource_type))
            for row in self._rows.get(base, ())
        }
        for row in self._custom.values():
            if not set(lineage(resource_type)).isdisjoint(row["base"]):
                known[row["code"]] = row
        main = self._patients[resource_type] = self._main(resource_type, known)
        path = _single_path(main)
        return {code: self._parameter(resource_type, row, path) for code, row in known.items()}

    def _main(self, resource_type: str, known: dict[str, dict[str, Any]]) -> Parameter | None:
        if resource_type in landmarks.NO_MAIN_PATIENT:
            return None
        for code in landmarks.MAIN_PATIENT:
            if code in known:
                parameter = self._parameter(resource_type, known[code], None)
                if not parameter.targets or "Patient" in parameter.targets:
                    return parameter
        return None

    def _parameter(self, base: str, row: dict[str, Any], patient: Any) -> Parameter:
        code = row["code"]
        plain = Parameter(
            code=code,
            type=row["type"],
            base=base,
            url=row["url"],
            expression=row.get("expression"),
            targets=tuple(row.get("target", ())),
            components=self._components(base, row),
            number=parameter_number(base, code, row["url"]),
            is_sorted=code in landmarks.SORTED_CODES.get(base, ()),
            companion=landmarks.COMPANIONS.get(base, {}).get(code),
        )
        if patient is None or row["type"] != "reference" or _single_path(plain) != patient:
            return plain
        return replace(plain, means_patient=True)

    def _components(self, base: str, row: dict[str, Any]) -> tuple[Component, ...]:
        parts: list[Component] = []
        for part in row.get("component", ()):
            url, expression = part["definition"], part["expression"]
            kind = _kind_of_values(base, row["expression"], expression)
            parts.append(Component(url, expression, kind or self._kinds.get(url, "token")))
        return tuple(parts)


def _single_path(parameter: Parameter | None) -> tuple[str, ...] | None:
    """Properties of a reference that does not repeat; None for all others."""
    branches = parameter.branches if parameter is not None else None
    if not branches or len(branches) != 1 or not branches[0].is_single:
        return None
    return tuple(step.name for step in branches[0].steps)


def _kind_of_values(base: str, stand: str, expression: str) -> str | None:
    """Kind that the values of a component settle, whatever its definition says.

    R4 has the definitions of the two components of DocumentReference.relationship swapped.
    """
    found = {
        leaf.type_name
        for branch in plain_branches(stand, base) or ()
        for leaf in plain_branches(expression, branch.type_name) or ()
    }
    if found == {"Reference"}:
        return "reference"
    return "token" if found and found <= _CODED else None


def _says_the_same(known: Parameter, row: dict[str, Any]) -> bool:
    """Whether a row would extract just what a known parameter of R4 does."""
    if known.type != row["type"] or known.url == row["url"] or "component" in row:
        return False
    branches = plain_branches(row["expression"], known.base)
    return branches is not None and branches == known.branches


def _digest(parts: list[str]) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:16]
