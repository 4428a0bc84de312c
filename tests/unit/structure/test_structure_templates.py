"""Every template of the screen is used."""

from __future__ import annotations

import re
from pathlib import Path

from repository import SOURCE

WEB = SOURCE / "web"


def _named(path: Path) -> str:
    """How a template is named where it is used; a component also by its bare name."""
    name = re.escape(path.name)
    if path.parent.name == "components":
        name += f"|{re.escape(path.stem)}"
    return rf"[\"'/]({name})[\"']"


def test_every_template_is_used() -> None:
    texts = {
        path: path.read_text("utf-8") for path in WEB.rglob("*") if path.suffix in {".py", ".html"}
    }
    templates = [path for path in texts if path.suffix == ".html"]

    unused = [
        path.relative_to(WEB).as_posix()
        for path in templates
        if not any(re.search(_named(path), text) for other, text in texts.items() if other != path)
    ]

    assert len(templates) > 10
    assert unused == []
