"""Writes docs/requirements.md: which requirements are proven, by which tests, and did they pass.

    python scripts/requirement_table.py

Runs the tests that bear `@pytest.mark.requirement(id)` and reads what they did; nothing in the
table is written by hand. Fails when one of them fails.
"""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "requirements.md"
HEAD = """# Requirements

Made by `make docs` from the marks `@pytest.mark.requirement` and a run of those tests, never
written by hand. A mark says that a test proves the requirement, or the part of it that its name
says: a requirement with one test is seldom proven whole.

| requirement | test | result |
|---|---|---|
"""


PROPERTY = "requirement"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the marked tests only; their ids travel with their reports. Runs in each worker."""
    marked = []
    for item in items:
        marks = item.iter_markers("requirement")
        ids = [(PROPERTY, str(one)) for mark in marks for one in mark.args]
        if ids and item.get_closest_marker("soak") is None:
            item.user_properties.extend(ids)
            marked.append(item)
    items[:] = marked


@dataclass(eq=False)
class Collector:
    """Plugin of a pytest run: what became of the marked tests."""

    marks: dict[str, list[str]] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the worst of set-up, call and end."""
        ids = [str(value) for name, value in report.user_properties if name == PROPERTY]
        if not ids:
            return
        self.marks[report.nodeid] = ids
        if report.failed:
            self.results[report.nodeid] = "failed"
        elif report.skipped:
            self.results.setdefault(report.nodeid, "skipped")
        elif report.when == "call":
            self.results.setdefault(report.nodeid, "passed")


def main() -> int:
    """Run, write the table; the exit code is pytest's."""
    collector = Collector()
    sys.path.insert(0, str(ROOT / "scripts"))
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT / "scripts"), os.environ.get("PYTHONPATH", "")]
    )
    options = ["-q", "--no-header", "-p", "requirement_table", "-n", "2", "--dist", "loadfile"]
    code = pytest.main([*options, str(ROOT / "tests")], [collector])
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        print("the run did not reach every marked test; the table stays as it was", file=sys.stderr)
        return int(code)
    TABLE.write_text(HEAD + rows(collector), "utf-8")
    print(f"{len(collector.marks)} marked tests in {TABLE.relative_to(ROOT)}")
    return int(code)


def rows(collector: Collector) -> str:
    """Lines of the table, in the order of the requirements; the cases of one test are one line."""
    tests: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for node, ids in collector.marks.items():
        for one in ids:
            tests[one, node.partition("[")[0]].add(collector.results.get(node, "not run"))
    lines = []
    for (one, node), results in sorted(tests.items(), key=lambda item: (_order(item[0][0]), item)):
        path, _, name = node.partition("::")
        said = next(word for word in ("failed", "not run", "skipped", "passed") if word in results)
        lines.append(f"| {one} | `{path}`: {_sentence(name)} | {said} |\n")
    return "".join(lines)


def _order(requirement: str) -> tuple[str, int, int]:
    """Our own cards first, then the requirements of guides, as `subscriptions-1.1.0@14`."""
    found = re.fullmatch(r"([A-Z])(\d+)\.(\d+)", requirement)
    if found is not None:
        return found[1], int(found[2]), int(found[3])
    of_guide = re.fullmatch(r"([a-z][a-z0-9.-]*)@(\d+)", requirement)
    if of_guide is None:
        raise ValueError(f"requirement {requirement!r}: an id such as A1.1 or guide@14 is expected")
    return of_guide[1], int(of_guide[2]), 0


def _sentence(name: str) -> str:
    return name.rpartition("::")[2].removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    sys.exit(main())
