"""Write the catalogue of messages of the screen from its templates and modules.

    python scripts/catalogue.py [--check]

The messages are French source text; a translation is a `.po` file beside the catalogue.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "cordee" / "web"
CATALOGUE = WEB / "locale" / "cordee.pot"
METHODS = [
    ("static/**", "ignore"),
    ("**.py", "python"),
    ("**.html", "jinja2"),
]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def main() -> int:
    """Write the catalogue, or check that it holds every message."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    arguments = parser.parse_args()
    current = extract()
    if arguments.check:
        return 0 if identifiers(current) == identifiers(stored()) else _stale()
    with CATALOGUE.open("wb") as file:
        write_po(file, current, sort_output=True, omit_header=True, width=100)
    print(f"{len(current)} messages in {CATALOGUE.relative_to(ROOT)}.")
    return 0


def extract() -> Catalog:
    """Read every message of the screen."""
    catalogue = Catalog(project="Cordée", charset="utf-8")
    options = {"**.html": {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}}
    found = extract_from_dir(str(WEB), METHODS, options, keywords=KEYWORDS)
    for name, _line, message, _comments, context in found:
        catalogue.add(message, locations=[(name, 0)], context=context)
    return catalogue


def stored() -> Catalog:
    """Read the catalogue of the repository."""
    with CATALOGUE.open("rb") as file:
        return read_po(file)


def identifiers(catalogue: Catalog) -> set[str]:
    """Collect the messages of a catalogue, as text."""
    return {str(message.id) for message in catalogue if message.id}


def _stale() -> int:
    print("The catalogue is stale: run python scripts/catalogue.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
