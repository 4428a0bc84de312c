"""From a subscription and what there is to say to one message of its channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from cordee import __version__
from cordee.fhir.model.xml import json_to_xml
from cordee.fhir.subscriptions import notices
from cordee.fhir.subscriptions.calling import Call, Caller, Failed
from cordee.fhir.subscriptions.checking import hook_problem, mail_address
from cordee.fhir.subscriptions.definition import EMPTY, MAIL, NATIONAL, TOPIC, XML
from cordee.fhir.subscriptions.keeping import Kept
from cordee.fhir.subscriptions.national import notification
from cordee.fhir.subscriptions.notices import EVENT, Told, notice
from cordee.fhir.subscriptions.ports import Policy
from cordee.runtime.clock import instant, now
from cordee.runtime.errors import RuleBroken, TimedOut, Unavailable

_AGENT: Final = f"Cordee/{__version__}"
_TITLE: Final = "Cordée : du nouveau pour votre abonnement"
_WORDS: Final = (
    "Bonjour,\n\nDu nouveau vous attend dans Cordée. Ce message ne dit pas de quoi il s’agit :"
    " connectez-vous pour le lire.\n\nAbonnement {id}, évènement {n}.\n"
)
_READY: Final = "Bonjour,\n\nVotre abonnement {id} est en place.\n"
_ALIVE: Final = "Bonjour,\n\nVotre abonnement {id} est toujours en place.\n"


@dataclass(slots=True)
class Voice:
    """The ways out of one process."""

    base: str
    policy: Policy
    caller: Caller

    async def say(self, one: Kept, kind: str, told: Sequence[Told] = ()) -> None:
        """Sends what there is to say; raises `Failed`."""
        if one.definition.channel == MAIL:
            await self._mail(one, kind, told)
        elif one.definition.form == TOPIC:
            await self._post(one, await self.bundle(one, kind, told))
        elif kind == EVENT:
            await self._tell_plainly(one, told)

    async def bundle(
        self, one: Kept, kind: str, told: Sequence[Told] = (), content: str | None = None
    ) -> bytes:
        """The notification of a topic, in the media type that was asked for."""
        events = told[-1].event.n if kind == EVENT and told else one.row["events"]
        speaker = one.speaker(self.base, max(events, one.row["events"]))
        level = one.definition.content if content is None else content
        made = notice(speaker, kind, told, level)
        if one.definition.media == XML:
            return await asyncio.to_thread(json_to_xml, made)
        return made

    async def _tell_plainly(self, one: Kept, told: Sequence[Told]) -> None:
        """R4: a message without a body, or the resource put under the endpoint."""
        for each in told:
            if one.definition.form == NATIONAL:
                await self._declare(one, each)
            elif not one.definition.media:
                await self._post(one, b"")
            elif each.version is not None and not each.version.deleted:
                body = each.version.json()
                if one.definition.media == XML:
                    body = await asyncio.to_thread(json_to_xml, body)
                address = f"{one.definition.endpoint.rstrip('/')}/{each.event.reference}"
                await self._post(one, body, "PUT", address)

    async def _declare(self, one: Kept, each: Told) -> None:
        """Flow 4 of the national guide."""
        if each.version is None or each.version.deleted:
            return
        address = f"{self.base}/Subscription/{one.id}"
        endpoint = one.definition.endpoint
        made = notification(
            orjson.loads(each.version.json()), (address, one.resource), endpoint, instant(now())
        )
        body = orjson.dumps(made)
        if one.definition.media == XML:
            body = await asyncio.to_thread(json_to_xml, body)
        kind = "CommunicationRequest"
        whole = endpoint.rstrip("/")
        await self._post(one, body, "POST", whole if whole.endswith(kind) else f"{whole}/{kind}")

    async def _post(self, one: Kept, body: bytes, method: str = "POST", url: str = "") -> None:
        asked = one.definition
        address = url or asked.endpoint
        problem = hook_problem(self.policy, address)
        if problem:
            raise Failed("address-not-allowed", is_final=True)
        headers = [("User-Agent", _AGENT), ("Host", _host(address)), *asked.headers]
        if asked.media and body:
            headers.append(("Content-Type", asked.payload))
        await self.caller.call(Call(method, address, headers, body, asked.timeout))

    async def _mail(self, one: Kept, kind: str, told: Sequence[Told]) -> None:
        mailer, address = self.policy.mailer, mail_address(one.definition.endpoint)
        if mailer is None or not address:
            raise Failed("no-mail-here", is_final=True)
        text = {notices.HANDSHAKE: _READY, notices.HEARTBEAT: _ALIVE}.get(kind, _WORDS)
        number = told[-1].event.n if told else int(now().timestamp())
        text = text.format(id=one.id, n=number)
        is_secure = address.rpartition("@")[2] in self.policy.secure_domains
        if is_secure and one.definition.form == TOPIC and one.definition.content != EMPTY and told:
            text += "\n" + (await self.bundle(one, kind, told)).decode()
        try:
            async with asyncio.timeout(one.definition.timeout):
                await mailer.send(address, _TITLE, text, f"{one.id}-{kind}-{number}")
        except TimeoutError as error:
            raise Failed("timeout") from error
        except (Unavailable, TimedOut) as error:
            raise Failed("no-answer") from error
        except RuleBroken as error:
            raise Failed("mail-refused", is_final=True) from error


def _host(address: str) -> str:
    return address.split("://", 1)[1].split("/", 1)[0].split("?", 1)[0]
