"""The DMP over HTTPS as PDSm for DMP says it: client certificate, time-outs, answers as errors.

A publication that got no answer is looked up by its number before it is sent again: a deposit is
made once. Rule: PDSm for DMP 0.1.0 (TD0.2, TD2, TD2.1, TD3.1, TD3.2, TD3.3c); decision 0044.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from cordee.care.documents.metadata import sha1
from cordee.care.documents.ports import Content, DmpRefused, Listed, Publication
from cordee.care.documents.vocabulary import URI
from cordee.gateways.dmp.answers import listed, read_bundle, refusal_of, remote_of
from cordee.gateways.dmp.messages import (
    FHIR_JSON,
    JSON_PATCH,
    lot,
    patient_token,
    removal,
    token,
)
from cordee.identity.ins.matricule import Ins
from cordee.runtime.errors import TimedOut, Unavailable

LONGEST_ANSWER: Final = 32 << 20
_AWAY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNSURE: Final = frozenset({401, 407})
_REFUSALS_FROM: Final = 400


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the DMP is and how this installation is known there.

    `certificate` and `key` are PEM files that open TLS; `transport` is the emulator's.
    """

    url: str
    certificate: Path | None = None
    key: Path | None = None
    seconds: float = 20.0
    transport: httpx.AsyncBaseTransport | None = None


class DmpOverFhir:
    """The DMP as a `Dmp`; holds one HTTP client, to be closed."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Read the certificate; no call is made yet."""
        # The client tells each address at INFO, and those of the DMP carry matricules.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._base = endpoint.url.rstrip("/")
        self._client = httpx.AsyncClient(
            base_url=f"{self._base}/",
            verify=_tls(endpoint),
            timeout=endpoint.seconds,
            trust_env=False,
            transport=endpoint.transport,
            headers={"accept": FHIR_JSON},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def need_open(self, ins: Ins) -> None:
        """TD0.2: one entry is a DMP; one that says `active: false` is closed."""
        found = await self._search("Patient", {"identifier": patient_token(ins)})
        if not found:
            raise DmpRefused("no-dmp")
        if found[0].get("active") is False:
            raise DmpRefused("dmp-closed")

    async def publish(self, publication: Publication) -> str:
        """TD2 or TD2.1; the same document that is there already is as published."""
        known = await self._known(publication)
        if known is not None:
            return known
        former = ""
        if publication.replaced:
            found = await self.find(publication.ins, publication.replaced)
            if not found:
                raise DmpRefused("unknown-document")
            former = found[0].remote
        answer = await self._call("POST", "", content=lot(publication, former))
        return remote_of(answer)

    async def withdraw(self, ins: Ins, unique_id: str) -> None:
        """TD3.3c; what is withdrawn already stays so."""
        found = await self.find(ins, unique_id)
        if not found:
            raise DmpRefused("unknown-document")
        if found[0].status == "entered-in-error":
            return
        await self._call(
            "PATCH",
            "DocumentReference",
            params={"identifier": token(URI, unique_id)},
            content=removal(),
            headers={"content-type": JSON_PATCH},
        )

    async def find(self, ins: Ins, unique_id: str = "") -> Sequence[Listed]:
        """TD3.1a for what is current, TD3.1b for a number whatever its status."""
        asked = {"patient.identifier": patient_token(ins)}
        if unique_id:
            asked |= {
                "identifier": token(URI, unique_id),
                "status": "current,superseded,entered-in-error",
            }
        else:
            asked |= {"status": "current"}
        return tuple(listed(one) for one in await self._search("DocumentReference", asked))

    async def fetch(self, listed: Listed) -> Content:
        """TD3.2: the content, whose hash must be the one that the list told."""
        # The address is the DMP's: never another host.
        own = str(self._client.base_url)
        path = listed.address.removeprefix(own)
        if "://" in path or path.startswith("/"):
            raise DmpRefused("refused", "Le DMP donne une adresse qui n’est pas la sienne.")
        answer = await self._call("GET", path, headers={"accept": listed.media or "*/*"})
        if listed.hash and sha1(answer.content) != listed.hash:
            raise DmpRefused("refused", "Le contenu reçu du DMP n’a pas l’empreinte annoncée.")
        media = answer.headers.get("content-type", listed.media).partition(";")[0].strip()
        return Content(media, answer.content)

    async def _known(self, publication: Publication) -> str | None:
        """The id in the DMP of the same document; raises `DmpRefused` for another one."""
        found = await self.find(publication.ins, publication.unique_id)
        if not found:
            return None
        if found[0].hash != sha1(publication.stored.content.data):
            raise DmpRefused("duplicate")
        return found[0].remote

    async def _search(self, kind: str, asked: dict[str, str]) -> list[dict[str, Any]]:
        return read_bundle(await self._call("GET", kind, params=asked))

    async def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"content-type": FHIR_JSON} if "content" in more else {}
        headers |= more.pop("headers", {})
        try:
            answer = await self._client.request(method, path or self._base, headers=headers, **more)
        except httpx.TimeoutException as caught:
            raise TimedOut("Le DMP n’a pas répondu à temps.") from caught
        except (httpx.HTTPError, OSError) as caught:
            raise Unavailable("Le DMP n’est pas joignable.") from caught
        if len(answer.content) > LONGEST_ANSWER:
            raise Unavailable("Le DMP a répondu un message trop long.")
        if answer.status_code in _AWAY:
            raise Unavailable(f"Le DMP est indisponible (HTTP {answer.status_code}).")
        if answer.status_code in _UNSURE:
            raise Unavailable("Le DMP refuse le certificat présenté ; prévenez la DSI.")
        if answer.status_code >= _REFUSALS_FROM:
            raise refusal_of(answer)
        return answer


def _tls(endpoint: Endpoint) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if endpoint.certificate and endpoint.key:
        context.load_cert_chain(endpoint.certificate, endpoint.key)
    return context
