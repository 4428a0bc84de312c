"""Files of the national directories as rows: their heads say what they are, not their names."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from cordee.runtime.errors import InvalidRequest

FINESS, RPPS, MSSANTE = "finess", "rpps", "mssante"
Row = Mapping[str, str]
_HEADS: Final = {
    FINESS: {"numero finess etablissement", "raison_sociale", "categetab"},
    RPPS: {"identifiant pp", "code profession", "raison sociale site"},
    MSSANTE: {"adresse bal", "type de bal"},
}
_SUFFIXES: Final = {".csv", ".txt", ".xz", ".gz", ".zip"}
_UNREADABLE: Final = (
    csv.Error, UnicodeDecodeError, lzma.LZMAError, zipfile.BadZipFile, EOFError, OSError
)  # fmt: skip
_LONGEST_FIELD: Final = 100_000


@dataclass(frozen=True, slots=True)
class Table:
    """A file: what it is a table of, how large it is on disk."""

    path: Path
    source: str
    size: int


def tables_of(path: Path) -> list[Table]:
    """The tables of a file or folder that are known here; raises `InvalidRequest` without any."""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    found: list[Table] = []
    for file in files:
        if file.suffix.lower() not in _SUFFIXES:
            continue
        source = _source(file)
        if source:
            found.append(Table(file, source, file.stat().st_size))
    if not found:
        raise InvalidRequest(f"{path}: no table of FINESS, RPPS or MSSanté is there")
    return found


def rows_of(table: Table) -> Iterator[tuple[Row, int]]:
    """The rows with names in lower case without accents, and how far the file was read."""
    with ExitStack() as stack:
        raw, text = _opened(table.path, stack)
        for row in _reader(text, table.path):
            yield row, raw.tell()


def _source(path: Path) -> str:
    with ExitStack() as stack:
        try:
            _, text = _opened(path, stack)
            head = set(_names(_split(text.readline())))
        except _UNREADABLE as error:
            raise InvalidRequest(f"{path}: it cannot be read as a table") from error
    return next((name for name, wanted in _HEADS.items() if wanted <= head), "")


def _opened(path: Path, stack: ExitStack) -> tuple[IO[bytes], IO[str]]:
    """The file on disk, and its text: UTF-8, with or without its mark."""
    raw: IO[bytes] = stack.enter_context(path.open("rb"))
    body: Any = raw
    match path.suffix.lower():
        case ".xz":
            body = stack.enter_context(lzma.open(raw))  # noqa: SIM115 -- the stack closes it
        case ".gz":
            body = stack.enter_context(gzip.open(raw))  # noqa: SIM115 -- the stack closes it
        case ".zip":
            archive = stack.enter_context(zipfile.ZipFile(raw))
            members = [one for one in archive.namelist() if one.lower().endswith((".txt", ".csv"))]
            if len(members) != 1:
                raise InvalidRequest(f"{path}: an archive of one table is expected")
            body = stack.enter_context(archive.open(members[0]))
    return raw, io.TextIOWrapper(body, encoding="utf-8-sig", errors="strict", newline="")


def _reader(text: IO[str], path: Path) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    head = text.readline()
    names = _names(_split(head))
    try:
        if "|" in head:  # the extractions quote nothing
            rows: Iterator[list[str]] = (line.rstrip("\r\n").split("|") for line in text)
        else:
            rows = csv.reader(text, delimiter=";" if ";" in head else ",")
        for values in rows:
            if any(values):
                yield {name: one.strip() for name, one in zip(names, values, strict=False)}
    except _UNREADABLE as error:
        raise InvalidRequest(f"{path}: it cannot be read as a table") from error


def _split(head: str) -> list[str]:
    delimiter = next((one for one in "|;" if one in head), ",")
    return next(csv.reader([head.rstrip("\r\n")], delimiter=delimiter), [])


def _names(columns: list[str]) -> list[str]:
    plain = [unicodedata.normalize("NFD", one.strip().lower().replace("’", "'")) for one in columns]
    return ["".join(sign for sign in one if not unicodedata.combining(sign)) for one in plain]
