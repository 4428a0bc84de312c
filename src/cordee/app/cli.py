"""The commands of Cordée. Exit codes: 0 done, 1 failed, 2 wrong use."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import structlog

from cordee.app.account_options import add_parsers
from cordee.app.federation_options import add_options as add_provider_options
from cordee.app.federation_options import add_scim_options
from cordee.app.population_options import add_population_options
from cordee.runtime.errors import InvalidRequest, ProductError
from cordee.runtime.settings import MODES, Settings, read_settings

FAILED, WRONG = 1, 2
Command = Callable[[argparse.Namespace, Settings], None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and ends the process with its exit code."""
    options = _parser().parse_args(arguments)
    _log_to_standard_error()
    try:
        settings = read_settings(
            data=options.data,
            database_url=options.database_url,
            host=getattr(options, "host", None),
            port=getattr(options, "port", None),
            workers=getattr(options, "workers", None),
            mode=getattr(options, "mode", None),
        )
    except InvalidRequest as error:
        _fail(error.message, WRONG)
    try:
        _command(options.run)(options, settings)
    except InvalidRequest as error:
        _fail(error.message, WRONG)
    except ProductError as error:
        _fail(error.message, FAILED)
    except KeyboardInterrupt:
        _fail("stopped", FAILED)
    except asyncio.CancelledError:
        _fail("stopped", FAILED)


def _command(place: str) -> Command:
    """`module:function` of this package, loaded when it is called: a token needs no server."""
    module, _, function = place.partition(":")
    return getattr(import_module(f"cordee.app.{module}"), function)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cordee", description="The platform of a health region.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", metavar="DIR", help="folder of this installation")
    common.add_argument("--database-url", metavar="URL", help="PostgreSQL to use instead of ours")
    commands_of = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, run: str, help_text: str) -> argparse.ArgumentParser:
        command = commands_of.add_parser(name, parents=[common], help=help_text)
        command.set_defaults(run=run)
        return command

    serve = add("serve", "serving:run", "serve the API and the screens")
    _serving(serve)
    serve.add_argument("--mode", choices=MODES)
    demo = add("demo", "demo:run", "a region with its people, then serve it")
    _serving(demo)
    for one, given in (("--patients", 5000), ("--seed", 2026)):
        demo.add_argument(one, type=int, default=given)
    imports = add("import", "importing:run", "take in Bundles, NDJSON, folders, archives")
    imports.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    export = add("export", "exporting:run", "the whole base as NDJSON, one file a type")
    export.add_argument("folder", type=Path, metavar="DIR")
    token = add("token", "tokening:run", "a bearer token signed by this installation")
    who = token.add_mutually_exclusive_group(required=True)
    who.add_argument("--system", action="store_true")
    who.add_argument("--user", metavar="NAME")
    token.add_argument("--scope", default=None, help='for example "system/*.cruds"')
    token.add_argument("--minutes", type=int, default=60)
    account = add("account", "account_commands:run", "who may enter: add, list, end, reset")
    add_parsers(account, common)
    _client(add("client", "clients:run", "applications that may ask people for access"))
    add_provider_options(
        add("provider", "federation_commands:run", "identity providers that people sign in by")
    )
    trail = add("trail", "trail_commands:run", "the audit trail: syslog (ATNA), purge by rule")
    trail.add_argument("action", choices=["export", "send", "purge"])
    trail.add_argument("--before", metavar="DATE", help="purge whole blocks older than this day")
    trail.add_argument("--dry-run", action="store_true", help="say what a purge would take out")
    trail.add_argument("--file", type=Path, metavar="FILE", help="a new file for `export`")
    trail.add_argument("--after", type=int, default=0, metavar="N", help="lines after this number")
    trail.add_argument("--to", metavar="URL", help="tls://host:port of the repository for `send`")
    add_scim_options(
        add("scim", "provisioning:run", "tokens by which structures say who works there")
    )
    _subscription(add("subscription", "subscription_commands:run", "who is told of what, and how"))
    _directory(add("directory", "directory_commands:run", "professionals and structures of France"))
    _package(add("package", "packages:run", "install FHIR packages"))
    _keys(add("keys", "key_commands:run", "keys that seal the bodies: status, rotation"))
    _hub(add("hub", "hub_commands:run", "the Hub Santé: install its schemas, say how it stands"))
    add_population_options(
        add("population", "population_commands:run", "the lake, its key, its areas and sources")
    )
    add("migrate", "migrating:run", "bring the schema up to date")
    check = add("check", "checking:run", "is everything in order")
    check.add_argument("what", nargs="*")
    backup = add("backup", "keeping:backup", "copy the whole base into a folder")
    backup.add_argument("folder", type=Path, metavar="DIR")
    restore = add("restore", "keeping:restore", "put a backup back into an empty installation")
    restore.add_argument("folder", type=Path, metavar="DIR")
    restore.add_argument("--to", metavar="MOMENT", help="as it was then, where the log is archived")
    return parser


def _client(command: argparse.ArgumentParser) -> None:
    actions = ("add", "list", "approve", "remove", "rotate-keys")
    command.add_argument("action", choices=actions)
    command.add_argument("--client", metavar="ID", help="client_id to approve or remove")
    command.add_argument("--name", help="how people see the application")
    command.add_argument(
        "--kind", choices=["public", "symmetric", "asymmetric"], default="public",
        help="no secret, a secret, or keys of its own",
    )  # fmt: skip
    command.add_argument("--redirect", action="append", default=[], metavar="URL")
    command.add_argument("--launch-url", metavar="URL")
    command.add_argument("--scope", default="", help='for example "launch/patient patient/*.rs"')
    command.add_argument("--jwks", type=Path, metavar="FILE", help="public keys of the application")
    command.add_argument("--jwks-uri", metavar="URL", help="where the application publishes them")
    command.add_argument(
        "--bound", choices=["dpop", "mtls"], default="",
        help="its tokens open nothing without the key, or the certificate, they were made for",
    )  # fmt: skip


def _hub(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=["install", "status", "peer", "forget"])
    command.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="schemas to install")
    command.add_argument("--centre", default="", metavar="ID", help="a SAMU of another Cordée")
    command.add_argument("--client", default="", metavar="CLIENT", help="its client of the Hub")
    command.add_argument("--name", default="", help="its name, as people say it")
    command.add_argument("--department", default="", metavar="056", help="its département")


def _keys(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=["status", "new", "rotate", "seal"])
    command.add_argument(
        "--bodies", action="store_true", help="with `rotate`: seal all bodies anew as well"
    )


def _package(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=["install"])
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH")


def _subscription(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=["list", "replay"])
    command.add_argument("--id", default="", metavar="ID", help="one subscription")
    command.add_argument("--first", type=int, default=1, metavar="N", help="from this event on")
    command.add_argument("--last", type=int, default=2**62, metavar="N", help="up to this event")


def _directory(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=["import", "check"])
    command.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    command.add_argument(
        "--shrinks", action="store_true", help="the file is whole, though much of it is gone"
    )


def _serving(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host")
    command.add_argument("--port", type=int)
    command.add_argument("--workers", type=int)


def _log_to_standard_error() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def _fail(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"cordee: {message}\n")
    raise SystemExit(code)
