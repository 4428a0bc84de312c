"""The options of `cordee account`; apart, because the command line loads nothing else of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from cordee.identity.principal import FUNCTIONS


def add_parsers(command: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Gives `cordee account` its actions."""
    actions = command.add_subparsers(metavar="ACTION", required=True, dest="action")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, parents=[common], help=text)

    add = action("add", "add a person; prints their first password")
    add.add_argument("login")
    add.add_argument("--name", required=True, help='as colleagues say it: "Dr Anne Le Goff"')
    _situation(add)
    add.add_argument("--until", metavar="DATE", help="last day, such as 2027-03-31")
    add.add_argument("--supervisor", metavar="LOGIN", default="", help="makes it temporary")
    place = action("place", "add a situation to a person, or end one")
    place.add_argument("login")
    _situation(place)
    place.add_argument("--remove", action="store_true", help="end it instead")
    action("list", "all accounts")
    end = action("end", "the person has left: nothing opens any more, at once")
    end.add_argument("login")
    end.add_argument("--on", metavar="DATE", help="last day, instead of now")
    for name, text in (
        ("suspend", "nothing opens until `cordee account resume`"),
        ("resume", "a suspended person, or one who left, may enter again"),
        ("reset", "a new first password; the second factor and the sessions are gone"),
    ):
        action(name, text).add_argument("login")
    number = action("number", "the RPPS of a person, by which Pro Santé Connect names them")
    number.add_argument("login")
    number.add_argument("rpps", metavar="RPPS", nargs="?", default="")
    imports = action("import", "joiners, movers and leavers from a CSV file")
    imports.add_argument("file", type=Path, metavar="FILE.csv")
    delegate = action("delegate", "a person may act in the name of a professional")
    delegate.add_argument("login")
    delegate.add_argument("--of", required=True, metavar="LOGIN", dest="professional")
    delegate.add_argument("--until", metavar="DATE", help="last day")
    delegate.add_argument("--remove", action="store_true", help="end it instead")


def _situation(command: argparse.ArgumentParser) -> None:
    command.add_argument("--role", required=True, help='in French: "médecin traitant"')
    command.add_argument("--structure", required=True, metavar="Organization/ID")
    command.add_argument("--structure-name", default="", metavar="NAME")
    command.add_argument("--profession", default="", metavar="CODE")
    command.add_argument("--practitioner", default="", metavar="Practitioner/ID")
    command.add_argument("--function", default=[], action="append", choices=sorted(FUNCTIONS))
    command.add_argument(
        "--without-records", action="store_true", help="the role opens no patient record"
    )
