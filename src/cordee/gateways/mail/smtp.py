"""E-mail by SMTP: TLS from the start, or STARTTLS before anything is said.

A letter has the same Message-ID each time it is sent, so that a server that took it twice can tell.
Rule: RFC 5321, 5322, 3207, 8314.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from cordee.gateways.mail.port import Letter, MailRefused
from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest, TimedOut, Unavailable

_PORTS: Final = {"smtp": 25, "smtps": 465}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_STARTTLS: Final = ("always", "never")
_FOR_GOOD: Final = 500
_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters are handed over. `starttls` is of `smtp` alone; `smtps` speaks TLS at once."""

    host: str
    port: int
    sender: str
    is_tls: bool = False
    starttls: bool = True
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None
    seconds: float = _SECONDS


def read_server(url: str, sender: str) -> SmtpServer | None:
    """The server of `smtp://user:password@host:port?starttls=always|never`; None without one.

    Without `starttls`, only a server of this machine is spoken to in the clear. Raises
    `InvalidRequest` that names the variable for what cannot be used.
    """
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise InvalidRequest("CORDEE_SMTP_URL: give smtp://host:25 or smtps://host:465")
    if not is_address(sender):
        raise InvalidRequest("CORDEE_MAIL_FROM: give the address that letters come from")
    default = "never" if parts.hostname in _LOOPBACK else "always"
    starttls = parse_qs(parts.query).get("starttls", [default])[-1]
    if starttls not in _STARTTLS:
        raise InvalidRequest("CORDEE_SMTP_URL: starttls is `always` or `never`")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        sender=sender,
        is_tls=parts.scheme == "smtps",
        starttls=parts.scheme == "smtp" and starttls == "always",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def is_address(text: str) -> bool:
    """Whether a text is one address and nothing else: no header can be made of it."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError):
        return False
    return bool(address.username and "." in address.domain) and text.isprintable()


class SmtpMailer:
    """A `Mailer` that opens a connection for each letter and waits for the server's yes."""

    def __init__(self, server: SmtpServer) -> None:
        """No connection is made yet."""
        self._server = server

    async def send(self, letter: Letter) -> None:
        """Hands a letter over; see `port.Mailer`."""
        if not is_address(letter.to):
            raise MailRefused(0)
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, timeout=server.seconds,
            use_tls=server.is_tls, start_tls=server.starttls, tls_context=server.context,
            username=server.user or None, password=server.password or None,
        )  # fmt: skip
        try:
            async with client:
                await client.send_message(self._message(letter))
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0].code) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            # Not the letter's fault: who runs this installation puts it right.
            raise Unavailable("the mail server does not take our password") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code) from error
        except aiosmtplib.SMTPTimeoutError as error:
            raise TimedOut("the mail server did not answer in time") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("the mail server cannot be reached") from error

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        sender = letter.sender or self._server.sender
        message["From"], message["To"] = sender, letter.to
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(clock.now())
        if letter.number:
            message["Message-ID"] = f"<{letter.number}@{sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        for one in letter.attachments:
            kind, _, subtype = one.media.partition("/")
            message.add_attachment(one.data, maintype=kind, subtype=subtype, filename=one.name)
        return message


def _refusal(code: int) -> MailRefused | Unavailable:
    if code >= _FOR_GOOD:
        return MailRefused(code)
    return Unavailable(f"the mail server does not take the letter now (SMTP {code})")
