"""A DMP that speaks the same wire, for development, demonstrations and tests.

A bare ASGI application that keeps what it was sent in memory. It checks lots as the national one
would, and fails as it is told to. Rule: A3.8; decision 0044.
"""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qs

import orjson

from cordee.access.matrix import catalogue
from cordee.care.documents.metadata import sha1_text
from cordee.care.documents.vocabulary import CLASSES, LOT
from cordee.gateways.dmp.messages import FHIR_JSON, JSON_PATCH

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Json = dict[str, Any]
_NEEDED: Final = (
    "masterIdentifier", "type", "category", "subject", "date", "author", "custodian",
    "securityLabel", "content", "context",
)  # fmt: skip


class Failure(StrEnum):
    """What the emulator does with the next call that changes something."""

    AWAY = "away"
    HANG = "hang"
    LOST_ANSWER = "lost-answer"  # it is done, and nobody hears of it
    METADATA = "metadata"
    FORBIDDEN = "forbidden"
    GARBLE = "garble"


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes = b"{}"
    media: str = FHIR_JSON


@dataclass(slots=True)
class Emulator:
    """The emulated DMP. `without` have none, `closed` have closed theirs; all others have one."""

    without: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    hang_seconds: float = 60.0
    failures: deque[Failure] = field(default_factory=deque)
    documents: dict[str, Json] = field(default_factory=dict)
    binaries: dict[str, Json] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def fail(self, *failures: Failure) -> None:
        """Fails so at the next calls that change something, one after another."""
        self.failures.extend(failures)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        reply = await self._reply(scope, await _body(receive))
        headers = [(b"content-type", reply.media.encode())]
        start = {"type": "http.response.start", "status": reply.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, scope: Scope, body: bytes) -> _Reply:
        method, path = scope["method"], scope["path"].strip("/")
        asked = {
            name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()
        }
        self.calls.append(f"{method} {path}")
        if method == "GET":
            return self._read(path, asked)
        failure = self.failures.popleft() if self.failures else None
        if failure in (Failure.AWAY, Failure.HANG):
            if failure is Failure.HANG:
                await asyncio.sleep(self.hang_seconds)
            return _refusal(503, "transient")
        if failure is Failure.METADATA:
            return _refusal(422, "invalid")
        if failure is Failure.FORBIDDEN:
            return _refusal(403, "forbidden")
        reply = self._change(method, path, asked, dict(scope["headers"]), body)
        if failure is Failure.LOST_ANSWER:
            return _refusal(504, "timeout")
        return _Reply(200, b"<html>proxy</html>", "text/html") if failure else reply

    def _read(self, path: str, asked: dict[str, str]) -> _Reply:
        kind, _, key = path.partition("/")
        if kind == "Binary":
            found = self.binaries.get(key)
            if found is None:
                return _refusal(404, "not-found")
            return _Reply(200, base64.b64decode(found["data"]), found["contentType"])
        if kind == "Patient" and "identifier" in asked:
            return _searchset(self._patients(asked["identifier"]))
        if kind == "DocumentReference" and "patient.identifier" in asked and "status" in asked:
            return _searchset(self._documents(asked))
        return _refusal(400, "invalid")

    def _patients(self, token: str) -> Iterator[Json]:
        system, _, value = token.partition("|")
        if value not in self.without:
            number = {"system": system, "value": value}
            yield {
                "resourceType": "Patient",
                "identifier": [number],
                "active": value not in self.closed,
            }

    def _documents(self, asked: dict[str, str]) -> Iterator[Json]:
        whose = f"Patient?identifier={asked['patient.identifier']}"
        number = asked.get("identifier", "").partition("|")[2]
        for one in self.documents.values():
            own = one["subject"]["reference"] == whose and one["status"] in asked["status"].split(
                ","
            )
            if own and number in ("", one["masterIdentifier"]["value"]):
                yield one

    def _change(
        self,
        method: str,
        path: str,
        asked: dict[str, str],
        headers: dict[bytes, bytes],
        body: bytes,
    ) -> _Reply:
        if method == "POST" and not path:
            return self._lot(orjson.loads(body))
        if method == "PATCH" and path == "DocumentReference" and "identifier" in asked:
            if headers.get(b"content-type", b"").decode() != JSON_PATCH:
                return _refusal(415, "not-supported")
            return self._patch(asked["identifier"].partition("|")[2], orjson.loads(body))
        return _refusal(405, "not-supported")

    def _patch(self, number: str, changes: list[Json]) -> _Reply:
        found = [
            one for one in self.documents.values() if one["masterIdentifier"]["value"] == number
        ]
        if not found:
            return _refusal(404, "not-found")
        for one in changes:
            if (one.get("op"), one.get("path")) != ("replace", "/status"):
                return _refusal(422, "business-rule")
            found[0]["status"] = one["value"]
        return _Reply(200, orjson.dumps(found[0]))

    def _lot(self, bundle: Json) -> _Reply:
        wrong = next(_problems(bundle), "")
        if wrong:
            return _refusal(422, "invalid", wrong)
        resources = {one["fullUrl"]: one["resource"] for one in bundle["entry"]}
        made = [one for one in resources.values() if one["resourceType"] == "DocumentReference"]
        for document in made:
            number = document["masterIdentifier"]["value"]
            if any(one["masterIdentifier"]["value"] == number for one in self.documents.values()):
                return _refusal(409, "duplicate", "XDSDuplicateUniqueIdInRegistry")
            matricule = document["subject"]["reference"].rpartition("|")[2]
            if matricule in self.closed or matricule in self.without:
                return _refusal(422, "business-rule", "dmp-closed")
        for entry in bundle["entry"]:
            former = entry["request"]["url"].partition("/")[2]
            if entry["request"]["method"] == "PATCH" and former not in self.documents:
                return _refusal(404, "not-found")
        return self._keep(bundle, resources)

    def _keep(self, bundle: Json, resources: dict[str, Json]) -> _Reply:
        names = {full: f"{len(self.documents) + 1}-{place}" for place, full in enumerate(resources)}
        answers: list[Json] = []
        for entry in bundle["entry"]:
            resource, kind = entry["resource"], entry["resource"]["resourceType"]
            if entry["request"]["method"] == "PATCH":
                former = entry["request"]["url"].partition("/")[2]
                self.documents[former]["status"] = "superseded"
                answers.append(
                    {"response": {"status": "200 OK", "location": entry["request"]["url"]}}
                )
                continue
            name = names[entry["fullUrl"]]
            if kind == "Binary":
                self.binaries[name] = resource
            elif kind == "DocumentReference":
                attachment = resource["content"][0]["attachment"]
                attachment["url"] = f"Binary/{names[attachment['url']]}"
                self.documents[name] = resource | {"id": name}
            answers.append({"response": {"status": "201 Created", "location": f"{kind}/{name}"}})
        answer = {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}
        return _Reply(200, orjson.dumps(answer))


def _problems(bundle: Json) -> Iterator[str]:
    """What is wrong with a lot, as the profiles say it."""
    if LOT not in (bundle.get("meta") or {}).get("profile", ()) or bundle["type"] != "transaction":
        yield "profile"
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    if kinds.count("List") != 1 or "DocumentReference" not in kinds:
        yield "entries"
    resources = {one["fullUrl"]: one["resource"] for one in bundle["entry"]}
    for one in resources.values():
        if one["resourceType"] == "DocumentReference":
            yield from _document_problems(one, resources)


def _document_problems(document: Json, resources: dict[str, Json]) -> Iterator[str]:
    yield from (name for name in _NEEDED if not document.get(name))
    codes = {one["code"] for one in document["type"]["coding"]}
    if not codes & catalogue().documents.keys():
        yield "type"
    if document["category"][0]["coding"][0]["system"] != CLASSES:
        yield "category"
    contained = {f"#{one['id']}": one for one in document.get("contained", ())}
    for reference in _local(document):
        if reference not in contained:
            yield reference
    if not contained.get("#author", {}).get("identifier"):
        yield "author"
    attachment = document["content"][0]["attachment"]
    data = base64.b64decode(resources.get(attachment["url"], {}).get("data", ""))
    if attachment.get("size") != len(data) or attachment.get("hash") != sha1_text(data):
        yield "attachment"
    if (
        not {"facilityType", "practiceSetting", "period", "sourcePatientInfo"}
        <= document["context"].keys()
    ):
        yield "context"


def _local(document: Json) -> Iterable[str]:
    texts = [one["reference"] for one in document["author"]]
    texts += [document["custodian"]["reference"]]
    texts += [document["context"].get("sourcePatientInfo", {}).get("reference", "#")]
    return [one for one in texts if one.startswith("#")]


def _searchset(found: Iterable[Json]) -> _Reply:
    entries = [{"resource": one} for one in found]
    bundle = {
        "resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries,
    }  # fmt: skip
    return _Reply(200, orjson.dumps(bundle))


def _refusal(status: int, code: str, detail: str = "") -> _Reply:
    issue: Json = {"severity": "error", "code": code}
    if detail:
        issue["details"] = {"coding": [{"code": detail}]}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    return _Reply(status, orjson.dumps(outcome))


async def _body(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)
