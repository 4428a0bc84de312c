"""The scripts that answer for packages refuse what they must."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest
from repository import ROOT


def script(name: str) -> ModuleType:
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


class _Advisories(BaseHTTPRequestHandler):
    """A registry that knows two packages, one with an advisory."""

    def do_GET(self) -> None:
        known = {"/pypi/sound/1.0/json": [], "/pypi/broken/2.0/json": [{"id": "X-1"}]}
        found = known.get(self.path)
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"vulnerabilities": found}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Says nothing."""


@pytest.fixture
def registry() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Advisories)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    "case",
    [
        ("sound==1.0 \\\n    --hash=sha256:0\n", 0, "0 advisories, 0 not audited"),
        ("broken==2.0 \\\n", 1, "X-1"),
        ("sound==1.0\nunknown==3.0\n", 1, "unknown 3.0: could not be audited"),
    ],
)
def test_the_audit_fails_on_an_advisory_and_on_silence(
    registry: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[str, int, str],
) -> None:
    lines, code, said = case
    audit = script("audit")
    monkeypatch.setenv("PIP_INDEX_URL", registry)
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(audit, "LOCKS", ("one.lock",))
    (tmp_path / "one.lock").write_text(lines)

    assert audit.main() == code
    assert said in capsys.readouterr().out


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
