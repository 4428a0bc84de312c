"""Claims and stays of others, from documented CSV files, as the Parquet of a source of facts.

`personnes.csv`: personne, sexe (F, M), naissance (YYYY-MM), commune, deces, medecin.
`prestations.csv` (as reimbursed): personne, jour, fin, nature, code, valeur, unite, structure.
`sejours.csv`: personne, entree, sortie, nature, structure, diagnostic, actes (CCAM, by commas).
Semicolons, UTF-8. All files are read before one is written; the first line that is wrong is named.
Rule: G2.12.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from cordee.population.facts.kinds import EVENT_COLUMNS, PERSON, PERSON_COLUMNS
from cordee.runtime.errors import InvalidRequest

PERSONS, CLAIMS, STAYS = "personnes.csv", "prestations.csv", "sejours.csv"
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    PERSONS: ("personne", "sexe", "naissance", "commune", "deces", "medecin"),
    CLAIMS: ("personne", "jour", "fin", "nature", "code", "valeur", "unite", "structure"),
    STAYS: ("personne", "entree", "sortie", "nature", "structure", "diagnostic", "actes"),
}
NATURES: Final[Mapping[str, str]] = {
    "acte": "act", "medicament": "dispensation", "ald": "diagnosis", "biologie": "result",
    "vaccin": "vaccine",
}  # fmt: skip
"""What a claim may be, and the kind of facts that it makes."""
VISITS: Final[Mapping[str, str]] = {"hospitalisation": "IMP", "urgences": "EMER", "externe": "AMB"}
"""What a stay may be, and its HL7 class."""
_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CODE: Final = r"^[A-Za-z0-9][A-Za-z0-9.\-]{0,19}$"
_TYPES: Final = {"day": "DATE", "until": "DATE", "died": "DATE", "value": "DOUBLE"}


@dataclass(frozen=True, slots=True)
class _Check:
    """A condition that a line must not meet, and the column that it is about."""

    column: str
    wrong: str
    said: str


def is_records(folder: Path) -> bool:
    """Whether a folder holds such files."""
    return (folder / PERSONS).exists()


def take_records(folder: Path, source: str, target: Path) -> dict[str, int]:
    """Writes the facts of a source to a folder that is made; how many rows each kind has.

    Raises `InvalidRequest` with file, line and column of the first thing that is wrong; then
    nothing was written.
    """
    with tempfile.TemporaryDirectory(prefix="cordee-records-") as held, duckdb.connect() as base:
        base.execute(f"SET temp_directory = '{held}'")
        there = [name for name in (PERSONS, CLAIMS, STAYS) if (folder / name).exists()]
        for name in there:
            _open(base, folder / name)
        for name in there:
            _check(base, name)
        target.mkdir(parents=True)
        counts = {PERSON: _write(base, _persons(source), target, PERSON)}
        for kind, sql in _events(there, source).items():
            if count := _write(base, sql, target, kind):
                counts[kind] = count
    return counts


def _open(base: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Names the lines of a file, all text, each with its number; checks its columns."""
    with file.open(encoding="utf-8-sig", errors="replace") as opened:
        head = [one.strip().strip('"') for one in opened.readline().rstrip("\r\n").split(";")]
    for one in _COLUMNS[file.name]:
        if one not in head:
            raise InvalidRequest(f"{file.name}, line 1: no column {one}")
    path = str(file).replace("'", "''")
    try:
        base.execute(
            f"CREATE TABLE {_table(file.name)} AS SELECT row_number() OVER () + 1 AS line, *"
            f" FROM read_csv('{path}', delim=';', header=true, all_varchar=true, quote='\"',"
            " null_padding=false, strict_mode=true)"
        )
    except duckdb.Error as error:
        raise InvalidRequest(f"{file.name}: {str(error).splitlines()[0]}") from error


def _check(base: duckdb.DuckDBPyConnection, name: str) -> None:
    table = _table(name)
    for one in _CHECKS[name]:
        found = base.execute(
            f"SELECT line, {one.column} FROM {table} WHERE {one.wrong} ORDER BY line LIMIT 1"
        ).fetchone()
        if found is not None:
            raise InvalidRequest(f"{name}, line {found[0]}: {one.column}: {one.said}")


def _write(base: duckdb.DuckDBPyConnection, sql: str, target: Path, kind: str) -> int:
    file = str(target / f"{kind}.parquet").replace("'", "''")
    done = base.execute(f"COPY ({sql}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)").fetchone()
    if done and not done[0] and kind != PERSON:
        (target / f"{kind}.parquet").unlink()
    return int(done[0]) if done else 0


def _persons(source: str) -> str:
    told = {
        "person": "personne", "sex": "CASE sexe WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' END",
        "birth": "naissance", "commune": "commune", "died": "deces", "doctor": "medecin",
        "source": _text(source),
    }  # fmt: skip
    return _select(PERSON_COLUMNS, told, _table(PERSONS), "TRUE")


def _events(there: list[str], source: str) -> dict[str, str]:
    """The SELECT of each kind of events."""
    parts: dict[str, list[str]] = {}
    if CLAIMS in there:
        for nature, kind in NATURES.items():
            told = {
                "person": "personne", "code": "code", "day": "jour", "until": "fin",
                "value": "replace(valeur, ',', '.')", "unit": "unite", "place": "structure",
                "source": _text(source),
            }  # fmt: skip
            where = f"nature = {_text(nature)}"
            parts.setdefault(kind, []).append(_select(EVENT_COLUMNS, told, _table(CLAIMS), where))
    if STAYS in there:
        told = {"person": "personne", "day": "entree", "place": "structure",
                "source": _text(source)}  # fmt: skip
        for nature, code in VISITS.items():
            more = told | {"code": _text(code), "until": "sortie", "detail": "diagnostic"}
            where = f"nature = {_text(nature)}"
            parts.setdefault("encounter", []).append(
                _select(EVENT_COLUMNS, more, _table(STAYS), where)
            )
        acts = (
            f"(SELECT *, trim(unnest(string_split(actes, ','))) AS acte FROM {_table(STAYS)}"
            " WHERE actes IS NOT NULL)"
        )
        parts.setdefault("act", []).append(
            _select(EVENT_COLUMNS, told | {"code": "acte"}, acts, "acte <> ''")
        )
    return {kind: " UNION ALL ".join(some) for kind, some in parts.items()}


def _select(columns: tuple[str, ...], told: Mapping[str, str], table: str, where: str) -> str:
    made = ", ".join(
        f"CAST({told.get(one, 'NULL')} AS {_TYPES.get(one, 'VARCHAR')}) AS {one}" for one in columns
    )
    return f"SELECT {made} FROM {table} WHERE {where}"


def _table(name: str) -> str:
    return name.partition(".")[0]


def _text(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _day(column: str, *, needed: bool) -> tuple[_Check, ...]:
    wrong = (
        f"{column} IS NOT NULL AND (NOT regexp_matches({column}, '{_DAY}')"
        f" OR TRY_CAST({column} AS DATE) IS NULL)"
    )
    checks = (_Check(column, wrong, "no day such as 2026-01-31"),)
    return (_Check(column, f"{column} IS NULL", "missing"), *checks) if needed else checks


def _one_of(column: str, known: Mapping[str, Any]) -> _Check:
    listed = ", ".join(map(_text, known))
    return _Check(
        column, f"{column} IS NULL OR {column} NOT IN ({listed})", f"one of {', '.join(known)}"
    )


_KNOWN: Final = _Check(
    "personne", f"personne IS NULL OR personne NOT IN (SELECT personne FROM {_table(PERSONS)})",
    f"nobody of {PERSONS}",
)  # fmt: skip
_CHECKS: Final[Mapping[str, tuple[_Check, ...]]] = {
    PERSONS: (
        _Check("personne", "personne IS NULL", "missing"),
        _Check(
            "personne",
            f"line NOT IN (SELECT min(line) FROM {_table(PERSONS)} GROUP BY personne)",
            "told twice",
        ),
        _Check("sexe", "sexe IS NOT NULL AND sexe NOT IN ('F', 'M')", "F or M"),
        _Check(
            "naissance",
            "naissance IS NULL OR NOT regexp_matches(naissance, '^[0-9]{4}-(0[1-9]|1[0-2])$')",
            "no month such as 1960-06",
        ),
        *_day("deces", needed=False),
    ),
    CLAIMS: (
        _KNOWN,
        *_day("jour", needed=True),
        *_day("fin", needed=False),
        _one_of("nature", NATURES),
        _Check("code", f"code IS NULL OR NOT regexp_matches(code, '{_CODE}')", "no code"),
        _Check(
            "valeur",
            "valeur IS NOT NULL AND TRY_CAST(replace(valeur, ',', '.') AS DOUBLE) IS NULL",
            "no number",
        ),
    ),
    STAYS: (
        _KNOWN,
        *_day("entree", needed=True),
        *_day("sortie", needed=False),
        _one_of("nature", VISITS),
        _Check("sortie", "sortie < entree", "before entree"),
        _Check(
            "diagnostic",
            f"diagnostic IS NOT NULL AND NOT regexp_matches(diagnostic, '{_CODE}')", "no code",
        ),
    ),
}  # fmt: skip
