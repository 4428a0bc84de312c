"""Where letters are handed over, and what an address is."""

from __future__ import annotations

import pytest

from cordee.gateways.mail.smtp import is_address, read_server
from cordee.runtime.errors import InvalidRequest

FROM = "ne-pas-repondre@sante.example"


def test_no_address_is_no_server() -> None:
    assert read_server("", FROM) is None


def test_a_server_elsewhere_is_spoken_to_under_tls_alone() -> None:
    server = read_server("smtp://cordee:a%40b@relais.example", FROM)

    assert server is not None
    assert (server.host, server.port, server.starttls) == ("relais.example", 25, True)
    assert (server.user, server.password) == ("cordee", "a@b")
    assert "a@b" not in repr(server)


def test_a_server_of_this_machine_may_be_spoken_to_in_the_clear() -> None:
    server = read_server("smtp://127.0.0.1:2525", FROM)

    assert server is not None
    assert not server.starttls
    assert not server.is_tls


def test_tls_from_the_start() -> None:
    server = read_server("smtps://relais.example", FROM)

    assert server is not None
    assert (server.port, server.is_tls, server.starttls) == (465, True, False)


@pytest.mark.parametrize(
    ("url", "sender", "named"),
    [
        ("http://relais.example", FROM, "CORDEE_SMTP_URL"),
        ("smtp://", FROM, "CORDEE_SMTP_URL"),
        ("smtp://relais.example?starttls=perhaps", FROM, "CORDEE_SMTP_URL"),
        ("smtp://relais.example", "", "CORDEE_MAIL_FROM"),
        ("smtp://relais.example", "Cordée", "CORDEE_MAIL_FROM"),
    ],
)
def test_what_cannot_be_used_is_named(url: str, sender: str, named: str) -> None:
    with pytest.raises(InvalidRequest, match=named):
        read_server(url, sender)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anne",
        "anne@",
        "@sante.example",
        "anne@sante.example\nBcc: x@y.example",
        "a b@c.example",
    ],
)
def test_no_header_is_made_of_an_address(text: str) -> None:
    assert not is_address(text)


def test_an_address() -> None:
    assert is_address("anne.le-goff@medecin.mssante.example")
