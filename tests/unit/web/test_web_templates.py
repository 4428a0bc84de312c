"""Templates: every visible string passes `_()`, French spaces, no inline style, all used."""

from __future__ import annotations

import importlib.util
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from cordee.web.rendering import COMPONENTS, WEB, css_string, environment

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted(p for p in WEB.rglob("*.html") if "static" not in p.parts)
SPOKEN = {"aria-label", "placeholder", "title", "alt"}
PLAIN_WORDS = {"INS", "PDF"}
ENV = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


class Spoken(HTMLParser):
    """Collects what a reader would see or hear of the literal HTML of a template."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.style = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.style += tag == "style"
        self.texts += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self.style -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self.style:
            self.texts.append(data)


_LONGER = {"worker.js": 300, "offline.js": 110, "map.js": 135}
"""What works through a cut is a program, and has its journey. Decision 0066."""


def literal(path: Path) -> str:
    """The template with every expression and statement taken out."""
    tokens = ENV.lex(path.read_text("utf-8"))
    return "".join(value if kind == "data" else " " for _line, kind, value in tokens)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_every_visible_string_passes_gettext(path: Path) -> None:
    reader = Spoken()
    reader.feed(literal(path))

    words = [word for text in reader.texts for word in re.findall(r"[^\W\d_]{2,}", text)]

    assert [word for word in words if word not in PLAIN_WORDS] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_templates_hold_no_inline_style_nor_handler(path: Path) -> None:
    text = path.read_text("utf-8")

    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:|https?://|\| *safe", text)
    for element in re.findall(r"<[^>]*\shx-(?:get|post|sse)[^>]*>", text):
        assert "hx-nonce=" in element


def test_messages_follow_french_typography() -> None:
    for message in _messages():
        assert "'" not in message, message
        assert "..." not in message, message
        assert not re.search(r"\w[!?;]", message), message


def test_every_template_is_used() -> None:
    sources = "\n".join(p.read_text("utf-8") for p in [*TEMPLATES, *WEB.rglob("*.py")])
    for path in TEMPLATES:
        name = str(path.relative_to(WEB))
        used = name in sources or (path.parent.name == "components" and path.stem in COMPONENTS)
        assert used, name


def test_every_component_is_in_the_gallery() -> None:
    gallery = (WEB / "gallery" / "templates" / "gallery.html").read_text("utf-8")
    inside = {
        "token_field", "patient_search", "rail", "logo", "matricule", "spark", "full_name", "since",
    }  # fmt: skip
    for name in COMPONENTS:
        source = (WEB / "components" / f"{name}.html").read_text("utf-8")
        for macro in ENV.parse(source).find_all(nodes.Macro):
            assert f"{name}.{macro.name}(" in gallery or macro.name in inside, macro.name


def test_the_catalogue_holds_every_message() -> None:
    path = ROOT / "scripts" / "catalogue.py"
    spec = importlib.util.spec_from_file_location("catalogue", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["catalogue"] = module
    spec.loader.exec_module(module)

    assert module.identifiers(module.extract()) == module.identifiers(module.stored())


def test_our_scripts_are_short() -> None:
    for path in (WEB / "static" / "js").glob("*.js"):
        most = _LONGER.get(path.name, 60)
        assert len(path.read_text("utf-8").splitlines()) < most, path.name


def test_a_name_cannot_leave_its_css_string() -> None:
    text = str(css_string('O"</style><script>\\'))

    assert text[0] == text[-1] == '"'
    assert not set('<>"') & set(text[1:-1])
    assert environment().filters["css_string"] is css_string


def _messages() -> list[str]:
    found: list[str] = []
    for path in TEMPLATES:
        extracted = ENV.extract_translations(path.read_text("utf-8"), ("_", "ngettext"))  # pyright: ignore[reportAttributeAccessIssue] - added by the extension
        for _line, _function, message in extracted:
            parts = message if isinstance(message, tuple) else (message,)
            found += [part for part in parts if part]
    assert len(found) > 100
    return found
