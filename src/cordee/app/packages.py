"""`cordee package install`: FHIR packages into the store: profiles, value sets, parameters."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import orjson

from cordee.app.wiring import Place, bring_up_to_date, database_place, open_parts
from cordee.fhir.bulk.intake import SCOPE
from cordee.fhir.interactions.entries import head_of
from cordee.fhir.interactions.write import update
from cordee.fhir.store.body import with_id
from cordee.fhir.store.identifiers import is_legal_id
from cordee.runtime.errors import InvalidRequest, ProductError
from cordee.runtime.settings import Settings

KINDS = frozenset({
    "CapabilityStatement", "CodeSystem", "CompartmentDefinition", "ConceptMap",
    "ImplementationGuide", "NamingSystem", "OperationDefinition", "Questionnaire",
    "SearchParameter", "StructureDefinition", "StructureMap", "ValueSet",
})  # fmt: skip
_LARGEST = 64 * 1024 * 1024


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Stores the conformance resources of each package; prints a JSON summary line."""
    for path in options.paths:
        if not path.exists():
            raise InvalidRequest(f"{path}: there is no such package")
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        summary = asyncio.run(_install(settings, place, options.paths))
    sys.stdout.write(orjson.dumps(summary).decode() + "\n")


async def _install(settings: Settings, place: Place, paths: list[Path]) -> dict[str, object]:
    counts: dict[str, int] = {}
    refused: list[str] = []
    async with open_parts(settings, place, pool=2) as parts:
        parts.kernel.enforce_references = False
        for path in paths:
            for name, body in _files(path):
                head = head_of(body)
                if head.resourceType not in KINDS:
                    continue
                key = head.id or Path(name).stem
                if not is_legal_id(key):
                    refused.append(f"{name}: the id is not legal")
                    continue
                try:
                    kind = head.resourceType
                    await update(parts.kernel, SCOPE, kind, key, with_id(body, key))
                except ProductError as error:
                    refused.append(f"{name}: {error.issues()[0].message}")
                    continue
                counts[kind] = counts.get(kind, 0) + 1
    return {"installed": counts, "refused": refused}


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """JSON files of a package, its examples and its index left out."""
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            if _is_content(file):
                yield file.name, file.read_bytes()
        return
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if _is_wanted(member) else None
                if file is not None:
                    yield Path(member.name).name, file.read()
    except tarfile.TarError as error:
        raise InvalidRequest(f"{path}: a FHIR package (.tgz) or a folder is expected") from error


def _is_wanted(member: tarfile.TarInfo) -> bool:
    return member.isfile() and member.size <= _LARGEST and _is_content(Path(member.name))


def _is_content(path: Path) -> bool:
    if path.suffix != ".json" or path.name in {"package.json", ".index.json"}:
        return False
    return "example" not in path.parts and not path.name.endswith(".openapi.json")
