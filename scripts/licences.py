"""Licences of what Cordée runs on, and its bill of materials in var/sbom.json (CycloneDX 1.6).

    python scripts/licences.py

Python packages are those of requirements.lock, read where they are installed; npm packages those
of package-lock.json. Fails on a licence that asks for more than Apache-2.0 gives (GPL, AGPL), on
one that is not known here, and on a package that is locked and not installed.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parent.parent
SBOM = ROOT / "var" / "sbom.json"
_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)(.*)")
_REFUSED = re.compile(r"(?<![A-Za-z])(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
_KNOWN = re.compile(
    r"Apache|MIT|BSD|ISC|MPL|PSF|Python Software|PostgreSQL|OFL|Zlib|Unlicense|CC0|LGPL|Lesser",
    re.IGNORECASE,
)
# Classifiers do not say "one of these": read in the package's own licence.
_CHOICE = {"pyphen": "LGPL-2.1-or-later OR MPL-1.1 OR GPL-2.0-or-later"}


@dataclass(frozen=True, slots=True)
class Package:
    """One package that is shipped or needed at run time."""

    kind: str  # pypi or npm
    name: str
    version: str
    licence: str

    @property
    def address(self) -> str:
        """Its package URL."""
        return f"pkg:{self.kind}/{self.name}@{self.version}"


def main() -> int:
    """Print every licence, write the bill of materials; 1 when one is refused."""
    packages, missing = python_packages(ROOT / "requirements.lock")
    packages += npm_packages(ROOT / "package-lock.json")
    for package in packages:
        print(f"{package.kind:5} {package.name:28} {package.version:14} {package.licence}")
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(json.dumps(bill(packages), indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{len(packages)} packages; bill of materials in {SBOM.relative_to(ROOT)}")
    problems = [f"{name} is locked and not installed" for name in missing]
    problems += [f"{one.name}: {reason}" for one in packages if (reason := refusal(one.licence))]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def refusal(licence: str) -> str:
    """Why a licence is refused, empty when it is not; of a choice (OR) one part is enough."""
    for part in re.split(r"\s+OR\s+", licence):
        if not _REFUSED.search(part) and _KNOWN.search(part):
            return ""
    if _REFUSED.search(licence):
        return f"the licence {licence} is not accepted"
    return f"the licence {licence or '(none)'} is not known; read it and name it here"


def python_packages(lock: Path) -> tuple[list[Package], list[str]]:
    """Packages of a lock file as installed, and names of those that are missing."""
    found: list[Package] = []
    missing: list[str] = []
    for name, rest in locked(lock):
        try:
            one = distribution(name)
        except PackageNotFoundError:
            if "python_" not in rest and "sys_platform" not in rest:
                missing.append(name)
            continue
        found.append(Package("pypi", name, one.version, licence_of(one)))
    return found, missing


def locked(lock: Path) -> list[tuple[str, str]]:
    """Names in a lock file, and the markers behind them."""
    lines = (_LOCKED.match(line) for line in lock.read_text("utf-8").splitlines())
    return [(line[1].lower(), line[3]) for line in lines if line]


def licence_of(one: Distribution) -> str:
    """SPDX expression of the metadata, else its classifiers, else its licence field."""
    metadata = one.metadata
    if expression := metadata.get("License-Expression"):
        return expression
    if metadata["Name"].lower() in _CHOICE:
        return _CHOICE[metadata["Name"].lower()]
    classified = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or []
        if text.startswith("License :: ") and not text.endswith("OSI Approved")
    ]
    if classified:
        return " AND ".join(classified)  # they do not say which; take them all
    return (metadata.get("License") or "").strip().partition("\n")[0]


def npm_packages(lock: Path) -> list[Package]:
    """Packages of the npm lock file whose files are shipped."""
    rows: dict[str, dict[str, Any]] = json.loads(lock.read_text("utf-8"))["packages"]
    return [
        Package("npm", path.rpartition("node_modules/")[2], row["version"], row.get("license", ""))
        for path, row in rows.items()
        if path and not row.get("dev")
    ]


def bill(packages: list[Package]) -> dict[str, Any]:
    """The bill of materials; the same packages give the same serial number."""
    addresses = "\n".join(sorted(one.address for one in packages))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, addresses)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "cordee",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": one.address,
                "name": one.name,
                "version": one.version,
                "purl": one.address,
                "licenses": [{"license": {"name": one.licence}}],
            }
            for one in packages
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
