"""Search parameters of national guides that every installation answers, as rows of the registry.

Rule: Cercle de soins 2.0.1 (`ans.fhir.fr.cds`), its five parameters of CareTeam.
"""

from __future__ import annotations

from typing import Any, Final

_CDS: Final = "https://interop.esante.gouv.fr/ig/fhir/cds/SearchParameter/cds-careteam-"


def _row(name: str, code: str, kind: str, expression: str, *target: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "url": _CDS + name, "code": code, "base": ["CareTeam"], "type": kind,
        "expression": expression,
    }  # fmt: skip
    return row | ({"target": list(target)} if target else {})


NATIONAL: Final[tuple[dict[str, Any], ...]] = (
    _row("start", "start", "date", "CareTeam.period.start"),
    _row("end", "end", "date", "CareTeam.period.end"),
    _row("participant-start", "participant-start", "date", "CareTeam.participant.period.start"),
    _row("participant-end", "participant-end", "date", "CareTeam.participant.period.end"),
    _row(
        "managing-organization", "managingOrganization", "reference",
        "CareTeam.managingOrganization", "Organization",
    ),
)  # fmt: skip
