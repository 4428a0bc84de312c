"""Size, names and floors of the code; nothing of one machine in the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from repository import ROOT, SOURCE, modules, tracked

LONGEST = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}
# Put together here so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(
    "|".join(f"/{top}/" for top in ("root", "home/[a-z]", "work", "workspace"))
)
REGISTRY = re.compile(
    r"https?://[\w.-]*(?:artifactory|nexus|verdaccio|devpi|pypi\.[a-z]+\.\w+|npmjs)"
)
READ_AS_TEXT = {
    ".py", ".md", ".sql", ".sh", ".toml", ".json", ".lock", ".yml", ".html", ".css", ".js", ".pot",
    "",
}  # fmt: skip


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in modules("src", "bench", "scripts")
    }

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_modules_are_named_by_what_they_hold() -> None:
    names = [path for path in modules("src", "tests", "bench") if path.stem in EMPTY_NAMES]
    folders = [path for path in modules("src") if EMPTY_NAMES & set(path.parts)]

    assert names + folders == []


def test_test_modules_have_names_of_their_own() -> None:
    names = [path.name for path in modules("tests") if path.name != "conftest.py"]

    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_nothing_is_imported_from_a_conftest() -> None:
    found = [
        path
        for path in modules("tests")
        if re.search(r"^(from|import) conftest\b", path.read_text("utf-8"), re.MULTILINE)
    ]

    assert found == []


def test_every_module_has_a_docstring_and_modern_annotations() -> None:
    bare = [
        path
        for path in modules("src")
        if not path.read_text("utf-8").startswith(('"""', "#!"))
        or (
            path.name not in {"__init__.py", "__main__.py"}
            and "from __future__ import annotations" not in path.read_text("utf-8")
        )
    ]

    assert bare == []


def test_only_settings_read_the_environment() -> None:
    reading = [
        path.relative_to(SOURCE).as_posix()
        for path in modules("src")
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text("utf-8"))
    ]

    assert reading == ["runtime/settings.py"]


def test_no_file_names_a_place_of_one_machine() -> None:
    assert _lines_with(MACHINE_PATHS) == []


def test_no_file_names_a_registry() -> None:
    assert _lines_with(REGISTRY) == []


def test_imports_go_down_the_floors() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tracked():
        if path.suffix not in READ_AS_TEXT or path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return found


def test_a_day_is_one_of_paris() -> None:
    """At half past midnight in Paris the day of UTC is yesterday: `clock.today()` says today."""
    odd = [
        str(one)
        for one in modules("src")
        if re.search(r"\bnow\(\)\.date\(\)", one.read_text("utf-8"))
    ]
    assert odd == []
