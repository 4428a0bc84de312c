"""Known vulnerabilities of every locked Python package, from the advisories of its registry.

    python scripts/audit.py

Asks the JSON page that the registry of pip's configuration (else pypi.org) keeps for each version.
Fails when an advisory stands, and when a package could not be audited: silence is no proof.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
_WAIT_SECONDS = 20


def main() -> int:
    """Print what was found; 0 when every package was audited and none has an advisory."""
    registry = registry_of(configured_index())
    pins = sorted({pin for name in LOCKS for pin in pinned(ROOT / name)})
    bad = unknown = 0
    for name, version in pins:
        try:
            advisories = advisories_of(registry, name, version)
        except (OSError, URLError, ValueError, KeyError) as error:
            print(f"{name} {version}: could not be audited ({type(error).__name__})")
            unknown += 1
            continue
        for identifier, fixed in advisories:
            print(f"{name} {version}: {identifier}, fixed in {fixed or 'no release'}")
            bad += 1
    print(f"{len(pins)} packages, {bad} advisories, {unknown} not audited")
    return 1 if bad or unknown else 0


def pinned(lock: Path) -> Iterable[tuple[str, str]]:
    """Name and version of each line of a lock file."""
    for line in lock.read_text("utf-8").splitlines():
        name, equal, rest = line.partition("==")
        if equal and name and not name[0].isspace() and name[0] != "#":
            yield name.lower(), rest.split()[0].rstrip("\\").rstrip(";")


def configured_index() -> str:
    """The index that pip uses here."""
    if given := os.environ.get("PIP_INDEX_URL"):
        return given
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "https://pypi.org/simple"


def registry_of(index: str) -> str:
    """Address of the registry whose simple index this is."""
    return index.rstrip("/").removesuffix("/simple")


def advisories_of(registry: str, name: str, version: str) -> list[tuple[str, str]]:
    """Identifier of each standing advisory, and the versions that mend it.

    Raises `KeyError` when the page says nothing about vulnerabilities.
    """
    with urlopen(f"{registry}/pypi/{name}/{version}/json", timeout=_WAIT_SECONDS) as answer:
        page = json.loads(answer.read())
    return [
        (one["id"], ", ".join(one.get("fixed_in", ())))
        for one in page["vulnerabilities"]
        if not one.get("withdrawn")
    ]


if __name__ == "__main__":
    sys.exit(main())
