"""One-time codes by the vectors of RFC 4226 and RFC 6238."""

from __future__ import annotations

import pytest

from cordee.identity.accounts import totp

SECRET = b"12345678901234567890"
HOTP = [
    "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
    "520489",
]  # fmt: skip
TOTP = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize(("counter", "code"), list(enumerate(HOTP)))
def test_the_codes_of_rfc_4226(counter: int, code: str) -> None:
    assert totp.code_of(SECRET, counter) == code


@pytest.mark.parametrize(("moment", "code"), list(TOTP.items()))
def test_the_codes_of_rfc_6238(moment: int, code: str) -> None:
    assert totp.step_of(SECRET, code[-6:], moment) == moment // 30


@pytest.mark.parametrize(
    ("seconds", "is_right"), [(-60, False), (-30, True), (30, True), (60, False)]
)
def test_one_step_of_drift_is_accepted(seconds: int, is_right: bool) -> None:
    moment = 1_234_567_890
    assert (totp.step_of(SECRET, "005924", moment + seconds) is not None) is is_right


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "é23456", "0059240"])
def test_anything_else_is_wrong(code: str) -> None:
    assert totp.step_of(SECRET, code, 1_234_567_890) is None


def test_the_address_names_the_person_and_the_issuer() -> None:
    address = totp.address_of(SECRET, "dr.roux", "Cordée")

    assert address.startswith("otpauth://totp/Cord%C3%A9e%3Adr.roux?secret=GEZDGNBVGY3TQOJQ")
    assert totp.text_of(SECRET).startswith("GEZD GNBV")
