"""E-mail that leaves: the port, and SMTP behind it."""

from __future__ import annotations

from cordee.gateways.mail.port import Attachment, Letter, Mailer, MailRefused
from cordee.gateways.mail.smtp import SmtpMailer, SmtpServer, read_server

__all__ = [
    "Attachment",
    "Letter",
    "MailRefused",
    "Mailer",
    "SmtpMailer",
    "SmtpServer",
    "read_server",
]
