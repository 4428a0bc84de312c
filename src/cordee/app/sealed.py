"""All columns that the data keys seal, beside the bodies and the pictures of documents of identity.

A column of bytes that stands in no list is found by `tests/integration/test_sealed_tables.py`: a
new sealed table is added here, or a rotation would forget it. Decision 0104.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, LiteralString

from cordee.care.circle.steps import place_of_note
from cordee.care.messaging.facts import file_part, part_of
from cordee.care.messaging.sealing import place_of as place_of_message
from cordee.care.notifications.following import place_of as place_of_address
from cordee.care.regulation.sealing import place_of as place_of_call
from cordee.fhir.subscriptions.keeping import place_of as place_of_subscription
from cordee.gateways.samu.ledger import place_of as place_at_hub
from cordee.gateways.sas.appointments import place_of as place_at_vendor
from cordee.runtime.resealing import Place, SealedTable

Row = Mapping[str, Any]


def _floor(kind: str) -> tuple[tuple[LiteralString, Place], ...]:
    return (("content", lambda row: place_of_call(kind, str(row["place"]))),)


def _file(row: Row, more: str) -> str:
    return place_of_message(row["thread"], file_part(row["key"], row["place"]) + more)


SEALED_TABLES: Final = (
    SealedTable("regulation_call", _floor("call"), "x.id AS place", "data_key"),
    SealedTable("regulation_case", _floor("case"), "x.id AS place", "data_key"),
    SealedTable(
        "regulation_event", _floor("event"), 'coalesce(x."case", x.call) AS place', "data_key",
    ),
    SealedTable("regulation_act", _floor("act"), "x.id AS place", "data_key"),
    SealedTable("regulation_text", _floor("text"), "x.id AS place", "data_key"),
    SealedTable(
        "overflow_parcel", _floor("parcel"), "x.centre || '/' || x.call AS place", "data_key",
    ),
    SealedTable(
        "hub_message", (("content", place_at_hub),), "x.direction, x.client, x.number", "data_key",
    ),
    SealedTable("sas_received", (("content", place_at_vendor),), "x.vendor, x.digest", "data_key"),
    SealedTable(
        "circle_step", (("note", lambda row: place_of_note(row["patient"], row["at_moment"])),),
        "x.patient, x.at AS at_moment",
    ),
    SealedTable(
        "thread", (("subject", lambda row: place_of_message(row["id"], "subject")),), "x.id",
    ),
    SealedTable(
        "message", (("words", lambda row: place_of_message(row["thread"], part_of(row["key"]))),),
        "x.thread, x.key",
    ),
    SealedTable(
        "message_file",
        (("name", lambda row: _file(row, "/name")), ("content", lambda row: _file(row, ""))),
        "m.thread, m.key, x.place", joined="JOIN message m ON m.n = x.message",
    ),
    SealedTable(
        "reach", (("address", lambda row: place_of_address(row["person"], row["channel"])),),
        "x.person, x.channel", "key",
    ),
    SealedTable(
        "subscription", (("sealed", lambda row: place_of_subscription(row["id"])),), "x.id",
    ),
)  # fmt: skip
