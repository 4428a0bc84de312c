"""Write the compact R4 tables of profiles/r4 from the definitions that HL7 publishes (CC0).

    python scripts/r4_tables.py fhir-r4-definitions.tar.xz [profiles/r4]

The argument is the archive, or a folder that holds its files. The tables hold facts only: names,
cardinalities, types, codes and expressions, no text of the specification.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from r4_value_sets import CodeLists

FLAGS = {"isSummary": 1, "isModifier": 2}
XML_ATTRIBUTE = 4
CHOICE = 8
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
CANONICAL = "http://hl7.org/fhir/StructureDefinition/"
# These primitives have no regex in their own definition.
INHERITED_PATTERN = {"markdown": r"\s*(\S|\s)*", "xhtml": None}

Json = dict[str, Any]


class Definitions:
    """The JSON files of the specification, from the archive or from a folder."""

    def __init__(self, source: Path) -> None:
        self._files: dict[str, bytes] = {}
        if source.is_dir():
            self._files = {path.name: path.read_bytes() for path in source.glob("*.json")}
            return
        with tarfile.open(source) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None and member.name.endswith(".json"):
                    self._files[Path(member.name).name] = stream.read()

    def resources(self, file_name: str) -> list[Json]:
        """Resources of one of the bundles."""
        return [entry["resource"] for entry in json.loads(self._files[file_name])["entry"]]


def extension_value(holder: Json, url: str) -> str | None:
    """Value of one extension, whatever its type."""
    for extension in holder.get("extension", ()):
        if extension["url"] == url:
            return next(value for key, value in extension.items() if key.startswith("value"))
    return None


def type_code(kind: Json, path: str) -> str:
    """FHIR type name of one type entry; the System types become the FHIR type they stand for."""
    if not kind["code"].startswith("http://hl7.org/fhirpath/"):
        return kind["code"]
    if path.count(".") == 1 and path.endswith(".id") and path[0].isupper():
        return "id" if extension_value(kind, FHIR_TYPE) == "string" else "string"
    return extension_value(kind, FHIR_TYPE) or "string"


def element_row(element: Json, parents: set[str], is_resource: bool) -> list[Any]:
    """[name, types, minimum, maximum, targets, binding, children, flags] of one element."""
    path = element["path"]
    name = path.rsplit(".", 1)[1]
    kinds = element.get("type", [])
    types = [type_code(kind, path) for kind in kinds]
    if name == "id":
        types = ["id" if is_resource and path.count(".") == 1 else "string"]
    children = path if path in parents else None
    if "contentReference" in element:
        children = element["contentReference"].lstrip("#")
        types = ["BackboneElement"]
    targets = sorted(
        {
            profile.removeprefix(CANONICAL)
            for kind in kinds
            for profile in kind.get("targetProfile", ())
        }
    )
    binding = element.get("binding", {})
    value_set = binding.get("valueSet", "").split("|")[0]
    flags = sum(bit for key, bit in FLAGS.items() if element.get(key))
    flags |= XML_ATTRIBUTE if "xmlAttr" in element.get("representation", ()) else 0
    flags |= CHOICE if name.endswith("[x]") else 0
    return [
        name.removesuffix("[x]"),
        types,
        element["min"],
        None if element["max"] == "*" else int(element["max"]),
        targets,
        value_set if binding.get("strength") == "required" and value_set else None,
        children,
        flags,
    ]


def type_rows(definition: Json) -> dict[str, Json]:
    """The type and its backbones: kind, base, pattern and elements of each."""
    elements = definition["snapshot"]["element"]
    name = definition["name"]
    if definition["kind"] == "primitive-type":
        return {name: primitive_row(definition)}
    parents = {element["path"].rpartition(".")[0] for element in elements}
    is_resource = definition["kind"] == "resource"
    rows: dict[str, Json] = {}
    for element in elements:
        path = element["path"]
        if path in parents:
            kind = "backbone" if "." in path else "resource" if is_resource else "complex"
            base = element["type"][0]["code"] if "." in path else definition.get("baseDefinition")
            rows[path] = {"kind": kind, "base": (base or "").rsplit("/", 1)[-1], "elements": []}
            if definition["abstract"] and path == name:
                rows[path]["abstract"] = True
        if "." in path:
            row = element_row(element, parents, is_resource)
            rows[path.rpartition(".")[0]]["elements"].append(row)
    return rows


def primitive_row(definition: Json) -> Json:
    """Kind, base and regex of a primitive."""
    name = definition["name"]
    value = definition["snapshot"]["element"][-1]
    pattern = extension_value(value["type"][0], REGEX) or INHERITED_PATTERN.get(name)
    base = definition["baseDefinition"].rsplit("/", 1)[-1]
    return {"kind": "primitive", "base": base, "pattern": pattern, "elements": []}


def types_table(definitions: Definitions) -> dict[str, Json]:
    """All resources, datatypes and primitives, and their backbones, by name."""
    rows: dict[str, Json] = {}
    for file_name in ("profiles-types.json", "profiles-resources.json"):
        for resource in definitions.resources(file_name):
            if (
                resource["resourceType"] == "StructureDefinition"
                and resource.get("derivation") != "constraint"
                and resource["kind"] != "logical"
            ):
                rows |= type_rows(resource)
    return rows


def search_parameters_table(definitions: Definitions) -> list[Json]:
    """All search parameters, reduced to what a server needs."""
    kept = ("code", "base", "type", "expression", "target", "url", "multipleOr", "multipleAnd")
    rows = []
    for parameter in definitions.resources("search-parameters.json"):
        row = {key: parameter[key] for key in kept if key in parameter}
        if "comparator" in parameter:
            row["comparator"] = parameter["comparator"]
        if "component" in parameter:
            row["component"] = [
                {"definition": part["definition"], "expression": part["expression"]}
                for part in parameter["component"]
            ]
        rows.append(row)
    return rows


def compartments_table(definitions: Definitions) -> dict[str, Json]:
    """Codes of the linking search parameters: compartment -> resource type -> codes."""
    return {
        resource["code"]: {
            row["code"]: row["param"] for row in resource["resource"] if row.get("param")
        }
        for resource in definitions.resources("profiles-resources.json")
        if resource["resourceType"] == "CompartmentDefinition"
    }


def write_table(folder: Path, name: str, table: object) -> None:
    """Write one table as gzipped JSON, the same bytes for the same facts."""
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as stream:
        stream.write(text)
    (folder / f"{name}.json.gz").write_bytes(buffer.getvalue())
    print(f"{name}: {len(text):,} bytes, {len(buffer.getvalue()):,} compressed")


def main(arguments: list[str]) -> None:
    """Write the five tables."""
    definitions = Definitions(Path(arguments[0]))
    folder = Path(arguments[1]) if len(arguments) > 1 else Path("profiles/r4")
    folder.mkdir(parents=True, exist_ok=True)
    types = types_table(definitions)
    code_lists = CodeLists(
        resource
        for name in ("valuesets.json", "v3-codesystems.json", "v2-tables.json")
        for resource in definitions.resources(name)
    )
    required = {row[5] for kind in types.values() for row in kind["elements"] if row[5]}
    write_table(folder, "types", types)
    write_table(folder, "search-parameters", search_parameters_table(definitions))
    write_table(folder, "compartments", compartments_table(definitions))
    write_table(folder, "value-sets", code_lists.value_sets(required))
    write_table(folder, "code-systems", code_lists.hierarchies())


if __name__ == "__main__":
    main(sys.argv[1:])
