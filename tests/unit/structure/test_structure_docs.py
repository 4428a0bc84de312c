"""The documentation is complete and its links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from repository import DOCS, ROOT, SOURCE, tracked

from cordee.app.cli import _parser
from cordee.fhir.search.clauses.clause import UnknownParameter
from cordee.runtime.errors import ProductError

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
COMMANDS = [
    "serve",
    "demo",
    "import",
    "export",
    "token",
    "package",
    "migrate",
    "check",
    "backup",
    "restore",
]


def error_classes(kind: type[ProductError] = ProductError) -> Iterator[type[ProductError]]:
    """Our classes; tests make some of their own."""
    if kind.__module__.startswith("cordee."):
        yield kind
    for one in kind.__subclasses__():
        yield from error_classes(one)


def test_every_setting_is_in_the_guide_of_the_operator() -> None:
    text = (SOURCE / "runtime" / "settings.py").read_text("utf-8")
    variables = set(re.findall(r'"(CORDEE_[A-Z_]+)"', text))
    documented = (DOCS / "operator" / "settings.md").read_text("utf-8")

    assert len(variables) > 5
    assert {name for name in variables if f"`{name}`" not in documented} == set()


def test_every_error_has_its_page() -> None:
    slugs = {kind.slug for kind in error_classes()}
    pages = {path.stem for path in (DOCS / "errors").glob("*.md")} - {"README"}

    assert UnknownParameter.slug in slugs
    assert pages == slugs


@pytest.mark.parametrize(
    "kind", sorted(set(error_classes()), key=lambda one: (one.slug, one.__name__))
)
def test_the_page_of_an_error_says_its_status(kind: type[ProductError]) -> None:
    text = (DOCS / "errors" / f"{kind.slug}.md").read_text("utf-8")

    assert f"HTTP {kind.status}." in text
    assert "**What to do.**" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_guide_of_the_operator(command: str) -> None:
    help_text = _parser().format_help()
    text = (DOCS / "operator" / "README.md").read_text("utf-8")

    assert f"  {command} " in help_text
    assert f"\ncordee {command} " in text or f"\ncordee {command}\n" in text


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in tracked()
        if page.suffix == ".md"
        for target in LINK.findall(page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


def test_every_decision_is_in_the_list() -> None:
    listed = (DOCS / "decisions" / "README.md").read_text("utf-8")
    pages = [path.name for path in (DOCS / "decisions").glob("0*.md")]

    assert len(pages) >= 6
    assert [name for name in pages if name not in listed] == []
