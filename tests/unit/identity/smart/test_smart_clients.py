"""Addresses and keys that an application may register, PKCE, and the signing keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from cordee.identity.smart import pkce
from cordee.identity.smart.clients import check_jwks, is_safe, new_client
from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.signing import ACCESS, SigningKeys


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://app.example/back", True), ("https://app.example:8443/back?x=1", True),
        ("http://127.0.0.1:9000/back", True), ("http://localhost/back", True),
        ("http://[::1]:3000/", True), ("fr.region.app:/back", True),
        ("http://app.example/back", False), ("https://app.example/back#x", False),
        ("https://app.example;script-src *", False), ("https://user@app.example/", False),
        ("javascript:alert(1)", False), ("data:text/html,x", False), ("/back", False), ("", False),
        ("https://", False), ("https://app.example/a b", False),
    ],
)  # fmt: skip
def test_people_are_sent_to_safe_addresses_only(address: str, safe: bool) -> None:
    assert is_safe(address) is safe


def test_keys_of_a_client_are_public_named_and_strong() -> None:
    strong = ECKey.generate_key("P-384")
    strong.ensure_kid()
    weak = ECKey.generate_key("P-256")
    weak.ensure_kid()
    short = RSAKey.generate_key(2048, auto_kid=True).as_dict(private=False)
    short["n"] = short["n"][:171]
    unnamed = strong.as_dict(private=False)
    unnamed.pop("kid")

    check_jwks({"keys": [strong.as_dict(private=False)]})
    for row in (strong.as_dict(private=True), weak.as_dict(private=False), unnamed):
        with pytest.raises(OAuthError):
            check_jwks({"keys": [row]})
    for wrong in (None, {}, {"keys": []}, {"keys": [short]}):
        with pytest.raises(OAuthError):
            check_jwks(wrong)


def test_a_secret_is_kept_by_its_hash() -> None:
    client, secret = new_client("A", "symmetric", ["https://a.example/"], "openid")

    assert secret is not None
    assert client.has_secret(secret)
    assert not client.has_secret(secret + "x")
    assert secret not in repr(client)
    assert not client.approved


def test_pkce_is_s256_of_the_verifier() -> None:
    # The example of RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    assert pkce.is_challenge(challenge, "S256")
    assert not pkce.is_challenge(challenge, "plain")
    assert pkce.answers(verifier, challenge)
    assert not pkce.answers(verifier[:-1] + "l", challenge)
    assert not pkce.answers(challenge, challenge)


def test_a_rotation_keeps_the_former_keys_for_verifying(tmp_path: Path) -> None:
    keys, elsewhere = SigningKeys(tmp_path), SigningKeys(tmp_path)
    first = keys.access()
    token = jwt.encode({"alg": ACCESS, "kid": first.kid}, {"x": 1}, first, algorithms=[ACCESS])
    assert elsewhere.access().kid == first.kid

    keys.rotate()

    assert elsewhere.access().kid == keys.access().kid != first.kid
    assert jwt.decode(token, elsewhere.verifying(), algorithms=[ACCESS]).claims == {"x": 1}
    assert len(keys.jwks()["keys"]) == 4
    assert not any("d" in one for one in keys.jwks()["keys"])
    keys.rotate()
    assert first.kid not in {one["kid"] for one in keys.jwks()["keys"]}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
