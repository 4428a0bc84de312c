"""Known vulnerabilities of every locked package: pip-audit over OSV, npm audit over npm's registry.

    python scripts/audit.py

Ends with 0 when every lock file was audited and no advisory stands, with 1 when one stands, with 2
when a lock file could not be audited: silence is no proof. It needs the network: CI leaves it out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from front_end import npm_command

ROOT = Path(__file__).resolve().parent.parent
PYTHON_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
NPM_FOLDERS = (".", "scripts/linters", "tests/conformance/npm")
STANDS, UNKNOWN = 1, 2


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found for one lock file; `failure` says why nothing could be found out."""

    name: str
    count: int = 0
    advisories: tuple[str, ...] = ()
    failure: str = ""


def main() -> int:
    """Print what was found; the exit code."""
    audits = [audit_python(name) for name in PYTHON_LOCKS]
    audits += [audit_npm(name) for name in NPM_FOLDERS]
    return report(audits)


def audit_python(name: str) -> Audit:
    """The audit of one lock file of pip: names and versions go to the service, nothing else."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", name, "--no-deps"]
    command += ["--disable-pip", "--vulnerability-service", "osv", "--format", "json"]
    done = run([*command, "--progress-spinner", "off"], ROOT)
    return read_python(name, done.stdout, done.stderr)


def audit_npm(folder: str) -> Audit:
    """The audit of one lock file of npm."""
    done = run([*npm_command(), "audit", "--json", "--package-lock-only"], ROOT / folder)
    return read_npm(f"{folder}/package-lock.json".removeprefix("./"), done.stdout, done.stderr)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A command that has ended; both tools end with 1 for an advisory and for a failure."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def read_python(name: str, answer: str, errors: str) -> Audit:
    """What pip-audit said in JSON; a failure when it said nothing."""
    found = parsed(answer)
    packages = found.get("dependencies")
    if not packages:
        return Audit(name, failure=last_line(errors) or "pip-audit said nothing")
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if skipped:
        return Audit(name, failure=f"not known to the service: {', '.join(skipped)}")
    lines = tuple(
        f"{one['name']} {one['version']}: {bug['id']}, "
        f"fixed in {', '.join(bug['fix_versions']) or 'no release'}"
        for one in packages
        for bug in one["vulns"]
    )
    return Audit(name, len(packages), lines)


def read_npm(name: str, answer: str, errors: str) -> Audit:
    """What npm said in JSON; a failure when it is no report."""
    found = parsed(answer)
    if "vulnerabilities" not in found or "metadata" not in found:
        return Audit(name, failure=str(found.get("message") or last_line(errors)))
    lines = tuple(
        f"{one['name']} {one['range']}: {cause['url']} ({cause['title']})"
        for one in found["vulnerabilities"].values()
        for cause in one["via"]
        if isinstance(cause, dict)
    )
    return Audit(name, found["metadata"]["dependencies"]["total"], lines)


def report(audits: list[Audit]) -> int:
    """Print each audit and the sum; the exit code."""
    for one in audits:
        if one.failure:
            print(f"{one.name}: NOT AUDITED, {one.failure}")
            continue
        print(f"{one.name}: {one.count} packages, {len(one.advisories)} advisories")
        for line in one.advisories:
            print(f"  {line}")
    unknown = [one.name for one in audits if one.failure]
    if unknown:
        print(f"Nothing is known about {', '.join(unknown)}.")
        print("Run `make audit` where the services of advisories can be reached.")
    if any(one.advisories for one in audits):
        return STANDS
    return UNKNOWN if unknown else 0


def parsed(text: str) -> dict[str, Any]:
    """The JSON object of a text, empty when it holds none."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def last_line(text: str) -> str:
    """The last line that says something, shortened."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


if __name__ == "__main__":
    sys.exit(main())
