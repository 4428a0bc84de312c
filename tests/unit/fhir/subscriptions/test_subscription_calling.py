"""The way out: where it leads, and where it never leads, whatever a name says."""

from __future__ import annotations

import ipaddress

import pytest

from cordee.fhir.subscriptions.calling import Call, Caller, Failed
from cordee.fhir.subscriptions.checking import hook_problem, mail_address, may_call
from cordee.fhir.subscriptions.outcomes import Patience
from cordee.fhir.subscriptions.ports import Policy
from receivers import Receiver, receiving

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
async def receiver() -> object:
    async with receiving() as one:
        yield one


def to(url: str, seconds: float = 5) -> Call:
    return Call("POST", url, [], b"{}", seconds)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_an_inner_address_is_not_connected_to(receiver: Receiver, host: str) -> None:
    """A name that means an inner address is as good as the address."""
    caller = Caller(())
    with pytest.raises(Failed) as failed:
        await caller.call(to(receiver.url.replace("127.0.0.1", host)))
    await caller.close()
    assert (failed.value.reason, failed.value.is_final) == ("address-not-allowed", True)
    assert receiver.received == []


async def test_a_network_that_is_allowed_is_called(receiver: Receiver) -> None:
    caller = Caller(LOOPBACK)
    await caller.call(to(receiver.url))
    await caller.call(to(receiver.url))
    await caller.close()
    assert len(receiver.received) == 2


@pytest.mark.parametrize(
    ("status", "final", "gone"),
    [(500, False, False), (503, False, False), (429, False, False), (408, False, False),
     (400, True, False), (307, True, False), (422, True, False), (410, True, True)],
)  # fmt: skip
async def test_what_an_answer_means(
    receiver: Receiver, status: int, final: bool, gone: bool
) -> None:
    receiver.answer = lambda _: status
    caller = Caller(LOOPBACK)
    with pytest.raises(Failed) as failed:
        await caller.call(to(receiver.url))
    await caller.close()
    assert failed.value.reason == f"http-{status}"
    assert (failed.value.is_final, failed.value.is_gone) == (final, gone)


async def test_a_call_has_an_end(receiver: Receiver) -> None:
    receiver.gate.clear()
    caller = Caller(LOOPBACK)
    with pytest.raises(Failed, match="timeout"):
        await caller.call(to(receiver.url, 0.2))
    await caller.close()


async def test_nobody_there_may_be_there_later() -> None:
    caller = Caller(LOOPBACK)
    with pytest.raises(Failed) as failed:
        await caller.call(to("http://127.0.0.1:1/x"))
    await caller.close()
    assert (failed.value.reason, failed.value.is_final) == ("no-answer", False)


async def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    """Said at once where a resolver answers; at the end of the call's time where none does."""
    caller = Caller(LOOPBACK)
    with pytest.raises(Failed) as failed:
        await caller.call(to("http://nothing.invalid/x", 0.5))
    await caller.close()
    assert failed.value.reason in {"no-answer", "timeout"}
    assert not failed.value.is_final


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "192.168.1.1", "172.16.0.1", "127.0.0.1", "169.254.169.254", "0.0.0.0", "::1",
     "fe80::1", "fc00::1", "::ffff:10.0.0.1", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
def test_what_lies_inside_is_not_called(address: str) -> None:
    assert not may_call((), address)
    assert may_call((), "8.8.8.8")
    assert may_call((ipaddress.ip_network("10.0.0.0/8"),), "::ffff:10.0.0.1")


def test_plain_http_is_for_the_demonstration_and_this_machine() -> None:
    open_here = Policy(networks=LOOPBACK)
    assert hook_problem(Policy(), "http://example.org/x")
    assert not hook_problem(Policy(plain=True), "http://example.org/x")
    assert not hook_problem(open_here, "http://127.0.0.1:8080/x")
    assert hook_problem(Policy(), "http://127.0.0.1:8080/x")
    assert not hook_problem(Policy(), "https://example.org/x")


def test_addresses_of_mail() -> None:
    assert mail_address("mailto:mailto:a@b.fr") == "a@b.fr"
    assert mail_address("a@b.fr") == "a@b.fr"
    for text in (
        "a@b",
        "a@b.fr\nBcc: c@d.fr",
        "a b@c.fr",
        "mailto:",
        "a@b.fr?cc=c@d.fr",
        "a@@b.fr",
    ):
        assert mail_address(text) == ""


def test_pauses_double_and_differ() -> None:
    patience = Patience(first=1, longest=100)
    for tries, full in ((0, 1), (1, 2), (3, 8), (50, 100)):
        found = {patience.pause(tries).total_seconds() for _ in range(50)}
        assert full / 2 <= min(found) < max(found) <= full
