"""The scripts that answer for packages refuse what they must."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from repository import ROOT, tracked


def script(name: str) -> ModuleType:
    # As when it is run: the scripts beside it can be imported.
    if str(ROOT / "scripts") not in sys.path:
        sys.path.append(str(ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location(f"script_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("licence", "is_accepted"),
    [
        ("MIT", True),
        ("BSD-3-Clause", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-2.0-only OR MIT", True),
        ("LGPL-3.0-or-later", True),
        ("GNU Lesser General Public License v3 (LGPLv3)", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0", False),
        ("GNU General Public License v2 (GPLv2)", False),
        ("GNU Affero General Public License v3", False),
        ("MIT AND GPL-2.0", False),
        ("Proprietary", False),
        ("", False),
    ],
)
@pytest.mark.requirement("A6.9")
def test_licences_that_ask_for_more_than_ours_are_refused(licence: str, is_accepted: bool) -> None:
    assert (script("licences").refusal(licence) == "") is is_accepted


@pytest.mark.requirement("A6.9")
def test_the_bill_of_materials_names_every_locked_package() -> None:
    licences = script("licences")
    packages, missing = licences.python_packages(ROOT / "requirements.lock")
    packages += licences.npm_packages(ROOT / "package-lock.json")

    components = licences.bill(packages)["components"]

    assert missing == []
    assert {"asyncpg", "starlette", "htmx.org"} <= {one["name"] for one in components}
    assert all(one["purl"].startswith("pkg:") for one in components)


SOUND = json.dumps({"dependencies": [{"name": "a", "version": "1.0", "vulns": []}]})
BUG = {"id": "X-1", "fix_versions": ["2.1"]}
BROKEN = json.dumps({"dependencies": [{"name": "b", "version": "2.0", "vulns": [BUG]}]})
SKIPPED = json.dumps({"dependencies": [{"name": "c", "skip_reason": "not found"}]})
TOTAL = {"dependencies": {"total": 3}}
NPM_SOUND = json.dumps({"vulnerabilities": {}, "metadata": TOTAL})
CAUSE = {"title": "Breaks", "url": "https://advisories.example/X-2"}
NPM_BROKEN = json.dumps(
    {
        "vulnerabilities": {
            "d": {"name": "d", "range": "<2", "via": [CAUSE]},
            "e": {"name": "e", "range": "*", "via": ["d"]},
        },
        "metadata": TOTAL,
    }
)
NPM_REFUSED = json.dumps({"message": "405 Method Not Allowed", "error": {}})


@pytest.mark.parametrize(
    ("python", "npm", "code", "said"),
    [
        (SOUND, NPM_SOUND, 0, "1 packages, 0 advisories"),
        (BROKEN, NPM_SOUND, 1, "b 2.0: X-1, fixed in 2.1"),
        (SOUND, NPM_BROKEN, 1, "d <2: https://advisories.example/X-2 (Breaks)"),
        ("", NPM_SOUND, 2, "NOT AUDITED, no such host"),
        (SKIPPED, NPM_SOUND, 2, "NOT AUDITED, not known to the service: c"),
        (SOUND, NPM_REFUSED, 2, "NOT AUDITED, 405 Method Not Allowed"),
        (BROKEN, NPM_REFUSED, 1, "Nothing is known about npm.lock"),
    ],
)
def test_the_audit_fails_on_an_advisory_and_on_silence(
    capsys: pytest.CaptureFixture[str], python: str, npm: str, code: int, said: str
) -> None:
    audit = script("audit")
    audits = [
        audit.read_python("python.lock", python, "Trace\nno such host\n"),
        audit.read_npm("npm.lock", npm, ""),
    ]

    assert audit.report(audits) == code
    assert said in capsys.readouterr().out


def locks() -> list[Path]:
    return [
        path for path in tracked() if path.suffix == ".lock" or path.name == "package-lock.json"
    ]


def test_the_audit_reads_every_lock_file() -> None:
    audit = script("audit")
    read = {*audit.PYTHON_LOCKS, *(f"{one}/package-lock.json" for one in audit.NPM_FOLDERS)}

    assert {name.removeprefix("./") for name in read} == {
        path.relative_to(ROOT).as_posix() for path in locks()
    }


@pytest.mark.requirement("A6.9")
def test_every_dependency_is_pinned_with_its_digest() -> None:
    loose = []
    for path in locks():
        text = path.read_text("utf-8")
        if path.suffix == ".lock":
            blocks = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", text))
            loose += [one for one in blocks if not re.match(r"\S+==\S+.*--hash=sha256:", one, re.S)]
        else:
            packages = json.loads(text)["packages"]
            loose += [name for name, one in packages.items() if name and "integrity" not in one]

    assert loose == []


@pytest.mark.parametrize(
    ("version", "serves"), [("v20.19.0", True), ("v24.1.0", True), ("v20.18.9", False), ("", False)]
)
def test_a_node_that_is_too_old_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, serves: bool
) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    front_end = script("front_end")

    assert front_end.machine_node_serves() is serves
    assert (front_end.npm_command() == ["npm"]) is serves
    assert (front_end.node_command() == ["node"]) is serves
