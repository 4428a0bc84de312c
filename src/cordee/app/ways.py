"""The ways out of the house that this installation has: e-mail, SMS, MSSanté, applications."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from cordee.care.notifications.delivering import Ways
from cordee.care.notifications.ports import Message, Refused, Sender
from cordee.gateways.mail import Attachment, Letter, Mailer, MailRefused, SmtpMailer, read_server
from cordee.gateways.nde.adapter import ApplicationsOverFhir
from cordee.gateways.sms.adapter import SmsGateway, SmsOverHttp
from cordee.gateways.sms.emulator import SmsEmulator
from cordee.runtime.settings import Settings


class ByMail:
    """A `Sender` on a mailer: e-mail, or the MSSanté on a server of its own."""

    def __init__(self, mailer: Mailer) -> None:
        """It speaks to one server."""
        self._mailer = mailer

    async def send(self, message: Message) -> None:
        """Hands a letter over."""
        files = [Attachment(one.name, one.media, one.data) for one in message.files]
        letter = Letter(
            message.address, message.subject, message.text, message.number, attachments=files
        )
        try:
            await self._mailer.send(letter)
        except MailRefused as error:
            raise Refused("refused") from error


@contextlib.asynccontextmanager
async def open_ways(settings: Settings, site: str) -> AsyncIterator[Ways]:
    """What is connected, as the settings say; the demonstration keeps its texts to itself."""
    senders: dict[str, Sender] = {}
    mail, secured = settings.mail, settings.mssante
    if server := read_server(mail.url, mail.sender):
        senders["email"] = ByMail(SmtpMailer(server))
    if server := read_server(secured.url, secured.sender):
        senders["mssante"] = ByMail(SmtpMailer(server))
    async with contextlib.AsyncExitStack() as stack:
        sms = SmsGateway(settings.sms.url, settings.sms.token)
        if settings.demo and not sms.url:
            sms = SmsGateway("https://sms.example/texts", transport=SmsEmulator().transport())
        if sms.url:
            senders["sms"] = texts = SmsOverHttp(sms)
            stack.push_async_callback(texts.close)
        if settings.applications:
            senders["application"] = applications = ApplicationsOverFhir(settings.applications)
            stack.push_async_callback(applications.close)
        yield Ways(site, senders)
