"""Letters leave by a real mail server, under TLS; what it refuses is told apart from its absence."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cordee.gateways.mail import Attachment, Letter, MailRefused, SmtpMailer, read_server
from cordee.runtime.errors import Unavailable
from posted import DOMAIN, PostOffice, post_office

FROM = f"ne-pas-repondre@{DOMAIN}"


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with post_office() as running:
        yield running


def mailer(office: PostOffice) -> SmtpMailer:
    server = read_server(office.url, FROM)
    assert server is not None
    return SmtpMailer(server)


async def test_a_letter_arrives_once_with_its_number(office: PostOffice) -> None:
    letter = Letter(f"anne@{DOMAIN}", "Vous avez un message", "Bonjour,\n\n…", "n-1")

    await mailer(office).send(letter)

    (arrived,) = office.letters("anne", 1)
    assert arrived["subject"] == "Vous avez un message"
    assert arrived["message-id"] == f"<n-1@{DOMAIN}>"
    assert arrived["auto-submitted"] == "auto-generated"


async def test_a_file_goes_with_its_letter(office: PostOffice) -> None:
    file = Attachment("lettre.pdf", "application/pdf", b"%PDF-1.7")

    await mailer(office).send(Letter(f"files@{DOMAIN}", "Lettre", "…", "n-2", (file,)))

    (arrived,) = office.letters("files", 1)
    held = list(arrived.walk())[-1]
    assert held.get_filename() == "lettre.pdf"
    assert held.get_payload(decode=True) == b"%PDF-1.7"


async def test_nobody_at_this_address_is_for_good(office: PostOffice) -> None:
    with pytest.raises(MailRefused) as refusal:
        await mailer(office).send(Letter(f"inconnu@{DOMAIN}", "…", "…", "n-3"))

    assert refusal.value.code == 550
    assert "inconnu" not in str(refusal.value)


async def test_nobody_listening_is_waited_for() -> None:
    server = read_server("smtp://127.0.0.1:1", FROM)
    assert server is not None

    with pytest.raises(Unavailable):
        await SmtpMailer(server).send(Letter(f"anne@{DOMAIN}", "…", "…", "n-4"))


async def test_the_letter_goes_under_tls_that_is_checked(office: PostOffice) -> None:
    server = read_server(f"{office.url}?starttls=always", FROM)
    assert server is not None
    known = ssl.create_default_context(cafile=str(office.root / "cert.pem"))

    await SmtpMailer(replace(server, context=known)).send(Letter(f"tls@{DOMAIN}", "…", "…", "n-5"))

    (arrived,) = office.letters("tls", 1)
    assert "ESMTPS" in arrived["received"]
    with pytest.raises(Unavailable):  # a certificate that nobody vouches for
        await SmtpMailer(server).send(Letter(f"tls@{DOMAIN}", "…", "…", "n-6"))
