"""The statement that opens a whole record: all rows that the caller may see, in one round trip.

The ties of the caller to this one patient are asked once; each row then compares its labels.
Parameters: $1 to $8 the caller's (`store.visibility`), $9 agent, $10 as what they act, $11 the
patient, $12 the reason.
"""

# ruff: noqa: S608 -- tables, numbers and conditions of ours

from __future__ import annotations

from functools import cache
from typing import Final, LiteralString, cast

from cordee.fhir.indexing.document_types import DOCUMENT_TYPES
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.partitions import table
from cordee.fhir.store.scope import DELETED
from cordee.fhir.store.visibility import (
    MASKED,
    TIED,
    VERY,
    authored_sql,
    class_sql,
    former_sql,
    named,
    visible,
)

_LATEST: Final = (
    ("problems", "Condition", 200),
    ("allergies", "AllergyIntolerance", 100),
    ("treatments", "MedicationRequest", 200),
    ("treatments", "MedicationStatement", 200),
    ("results", "Observation", 1500),
    ("encounters", "Encounter", 300),
    ("documents", "DocumentReference", 300),
    ("documents", "DiagnosticReport", 300),
    ("care_team", "CareTeam", 20),
    ("care_team", "RelatedPerson", 50),
    ("plans", "CarePlan", 20),
)
"""What a record shows, in its order: kind, type, how many of the latest."""
_NEXT: Final = ("appointments", "Appointment", 20)
"""What is to come, the next one first."""
_NAMED: Final = ("Practitioner", "Organization")
_ROW: Final = "r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body"
_WHO: Final = named(1)


@cache
def record_statement() -> LiteralString:
    """SELECT of kind, place and the columns of a resource; the last row is the newest change."""
    patient = type_number("Patient")
    latest = " UNION ALL ".join(
        f"(SELECT '{kind}' AS kind, {place} AS place, {_ROW}, r.refs FROM p JOIN {table(of_type)} r"
        f" ON r.type = {type_number(of_type)} AND r.pat = p.pat AND {_shown(of_type)}"
        f" ORDER BY r.sd DESC LIMIT {most})"
        for place, (kind, of_type, most) in enumerate(_LATEST, 1)
    )
    kind, of_type, most = _NEXT
    latest += (
        f" UNION ALL (SELECT '{kind}' AS kind, 50 AS place, {_ROW}, r.refs FROM p"
        f" JOIN {table(of_type)} r ON r.type = {type_number(of_type)} AND r.pat = p.pat"
        f" AND r.sd >= now() AND {_shown(of_type)} ORDER BY r.sd LIMIT {most})"
    )
    names = " UNION ALL ".join(
        f"SELECT 'names' AS kind, 90 AS place, {_ROW} FROM named n JOIN {table(of_type)} r"
        f" ON r.type = {type_number(of_type)} AND r.id = split_part(n.reference, '/', 2)"
        f" WHERE starts_with(n.reference, '{of_type}/') AND r.lab < {DELETED}"
        for of_type in _NAMED
    )
    text = f"""
WITH p AS MATERIALIZED (
  SELECT r.*, {_tied(_WHO.restricted)} AS nearer, {_tied(_WHO.very)} AS nearest
  FROM {table("Patient")} r
  WHERE r.type = {patient} AND r.id = $11 AND r.lab < {DELETED} AND {visible("r", _WHO)}
), found AS MATERIALIZED (
  SELECT 'patient' AS kind, 0 AS place, {_ROW}, r.refs FROM p r UNION ALL {latest}
), named AS (
  SELECT DISTINCT split_part(f, '>', 2) AS reference FROM found, unnest(found.refs) f
), known AS ({names}), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $10::int8, $9::text, 'R', {patient}, ARRAY[p.pat], 'record ' || $12 || ' ' || p.id FROM p
)
SELECT kind, place, type, id, ver, upd, lab, method, dict, body FROM found
UNION ALL SELECT * FROM known
UNION ALL SELECT 'change', 99, NULL, coalesce((
  SELECT j.n FROM journal_pub j WHERE j.pat = p.pat AND EXISTS (
    SELECT FROM resource r WHERE r.type = j.type AND r.rid = j.rid AND {visible("r", _WHO)}
      AND {former_sql("r", _WHO)})
  ORDER BY j.n DESC LIMIT 1), 0)::text, 0, now(), 0, 0, 0, NULL FROM p
ORDER BY place
"""
    return cast("LiteralString", text)


def _tied(actors: str) -> str:
    return (
        f"({_WHO.actors} IS NULL OR EXISTS (SELECT FROM care_circle c"
        f" WHERE c.pat = r.pat AND c.actor = ANY ({actors})))"
    )


def _shown(of_type: str) -> str:
    """The row of the patient is seen, by the tie that its labels ask for."""
    hidden = f"r.lab & {_WHO.hidden}"
    seen = (
        f"({hidden} = 0 OR {hidden} = {MASKED} AND r.pat = ANY ({_WHO.unmasked}))"
        f" AND CASE WHEN r.lab & {TIED} = 0 THEN true WHEN r.lab & {VERY} = 0"
        f" OR r.org = ANY ({_WHO.own}) THEN p.nearer ELSE p.nearest END"
    )
    if of_type in DOCUMENT_TYPES:
        seen += f" AND ({_WHO.classes} IS NULL OR {class_sql('r.lab', _WHO.classes)})"
        seen = f"({seen} OR {authored_sql('r', _WHO.author)})"
    return f"r.lab < {DELETED} AND {seen}"
