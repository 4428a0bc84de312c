"""Writes that a rule of the installation governs: asked and noted in their own transaction.

Whatever door a write comes by, a screen, `/fhir`, a transaction, it goes through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import asyncpg

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.draft import Draft
from cordee.fhir.store.repository import Written
from cordee.fhir.store.scope import Scope, Trace


def is_governed(kernel: Kernel, drafts: Iterable[Draft]) -> bool:
    """Whether a rule has something to say about one of these."""
    types = kernel.governed
    return bool(types) and any(draft.type in types for draft in drafts)


async def write_governed(
    kernel: Kernel,
    scope: Scope,
    drafts: Sequence[Draft],
    lines: tuple[Sequence[tuple[str, str]], Sequence[Trace]],
    connection: asyncpg.Connection | None = None,
) -> list[Written]:
    """Writes drafts once their rule agrees; `lines` are the needs and the traces of the write.

    Raises what the rule raises: nothing is written then, nor noted.
    """
    needs, traces = lines
    governor = kernel.governor
    write = kernel.repository.write
    if governor is None or not is_governed(kernel, drafts):
        return await write(drafts, needs=needs, traces=traces, connection=connection)
    concerned = [draft for draft in drafts if draft.type in kernel.governed]
    if connection is not None:
        await governor(scope, concerned, connection)
        return await write(drafts, needs=needs, traces=traces, connection=connection)
    async with kernel.database.transaction() as own:
        await governor(scope, concerned, own)
        return await write(drafts, needs=needs, traces=traces, connection=own)
