"""Entries of a searchset whose bodies are sealed: the database cannot join them."""

from __future__ import annotations

import asyncpg

from cordee.fhir.store.sealing import opened_body


def opened_entry(base: str, row: asyncpg.Record) -> bytes:
    """The entry of a row of `page_statement` that bears a seal, as the database makes the others.

    Raises `KeyMissing` or `SealBroken` for a body that does not open.
    """
    kind, key, version, moment = row["seal"]
    body = opened_body((kind, key, int(version)), True, row["entry"])
    mode = "match" if row["n"] else "include"
    return b"".join(
        (
            f'{{"fullUrl":"{base}/{kind}/{key}","resource":{{"resourceType":"{kind}","id":"{key}",'
            f'"meta":{{"versionId":"{version}","lastUpdated":"{moment}"'.encode(),
            body,
            f',"search":{{"mode":"{mode}"}}}}'.encode(),
        )
    )
