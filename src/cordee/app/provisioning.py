"""`cordee scim`: tokens by which a structure says who works there (SCIM 2.0)."""

from __future__ import annotations

import argparse
import asyncio
import sys

from cordee.app.wiring import bring_up_to_date, database_place
from cordee.identity.provisioning.tokens import ProvisioningTokens
from cordee.runtime.database import open_database
from cordee.runtime.postgres.cluster import APPLICATION
from cordee.runtime.settings import Settings


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Makes, lists or removes a token."""
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_do(options, place.url))


async def _do(options: argparse.Namespace, url: str) -> None:
    database = await open_database(url, role=APPLICATION, write_size=1, search_size=1)
    try:
        tokens = ProvisioningTokens(database)
        if options.action == "add":
            made = await tokens.make(options.structure, options.label, options.days)
            sys.stdout.write(f"{made}\n")
            sys.stderr.write("cordee: this token is shown once; hand it over safely\n")
        elif options.action == "remove":
            await tokens.remove(options.token)
            sys.stdout.write("done\n")
        else:
            for one in await tokens.all():
                used = one["used"].isoformat() if one["used"] else "never used"
                line = (one["id"][:12], one["structure"], one["label"], one["ends"].isoformat())
                sys.stdout.write("\t".join((*line, used)) + "\n")
    finally:
        await database.close()
