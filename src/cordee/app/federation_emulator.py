"""Emulated identity providers of the demonstration: the same wire, with its failures.

Each speaks OpenID Connect: discovery, code with PKCE, RS256, userinfo, both ways of logout. A page
stands in for the card and its code; it also lets a sign-in fail in the ways that happen. Codes and
tokens hold all they need, so that every process of the server answers the same.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from hashlib import sha256
from html import escape
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from cordee.api.oauth_http import body_of, fields_of, headers_of
from cordee.app.federation import RETURN
from cordee.app.federation_people import CLIENT, NAMES, PREFIX, Shown, client_secret, people
from cordee.app.wiring import Parts
from cordee.identity.federation.leaving import EVENT
from cordee.identity.federation.providers import CITIZEN, HOSPITAL, PSC
from cordee.identity.smart.failures import OAuthError
from cordee.runtime.keys import made_once, secret

_SECONDS: Final = 60
_STRENGTH: Final = {
    PSC: ("eidas1", ["hwk", "pin"]),
    HOSPITAL: ("", ["pwd", "otp"]),
    CITIZEN: ("eidas1", ["pwd"]),
}
_FAILURES: Final = {
    "": "La connexion réussit",
    "nonce": "Le jeton porte un autre nonce",
    "expired": "Le jeton est périmé",
    "refused": "La personne refuse sur son téléphone",
}
Answer = tuple[int, list[tuple[str, str]], bytes]


class Emulator:
    """ASGI application of the emulated providers, under `/emulateur/`."""

    def __init__(self, parts: Parts) -> None:
        """Only an installation in demo mode has one."""
        self._parts = parts
        self._base = parts.kernel.base.removesuffix("/fhir")
        keys = parts.settings.keys
        self._signing = RSAKey.import_key(made_once(keys, "emulator-rsa.pem", _new_key))
        self._signing.ensure_kid()
        self._sealing = OctKey.import_key(secret(keys, "emulator.key"))
        self._routes: dict[str, Callable[[str, Mapping[str, str]], Awaitable[Answer]]] = {
            ".well-known/openid-configuration": self._configuration,
            "jwks": self._jwks,
            "authorize": self._authorize,
            "token": self._token,
            "userinfo": self._userinfo,
            "end": self._end,
        }

    def knows(self, path: str) -> bool:
        """Whether the path is one of these."""
        return path.startswith(PREFIX)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """One request of a browser or of the relying party."""
        kind, _, path = scope["path"].removeprefix(PREFIX).partition("/")
        try:
            given = fields_of(scope["query_string"])
            if scope["method"] == "POST":
                given |= fields_of(await body_of(receive))
            answer = await self._answer(kind, path, given, headers_of(scope))
        except (OAuthError, JoseError, KeyError, ValueError) as error:
            problem = {"error": "invalid_request", "error_description": type(error).__name__}
            answer = _json(problem, 400)
        status, headers, body = answer
        headers = [*headers, ("cache-control", "no-store"), ("content-length", str(len(body)))]
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, kind: str, path: str, given: Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer:
        if kind not in NAMES:
            return _json({"error": "not_found"}, 404)
        if path == "":
            return await self._desk(kind, given)
        if self._fallen(kind).exists():
            return 503, [("content-type", "text/plain")], b"down"
        handler = self._routes.get(path)
        if handler is None:
            return _json({"error": "not_found"}, 404)
        told = {"authorization": headers.get("authorization", "")}
        return await handler(kind, {**given, **told})

    async def _configuration(self, kind: str, _: Mapping[str, str]) -> Answer:
        place = f"{self._base}{PREFIX}{kind}"
        names = {
            "authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks",
            "userinfo_endpoint": "userinfo", "end_session_endpoint": "end",
        }  # fmt: skip
        return _json(
            {
                "issuer": place,
                **{name: f"{place}/{path}" for name, path in names.items()},
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
                "backchannel_logout_supported": True,
                "backchannel_logout_session_supported": True,
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _jwks(self, _: str, __: Mapping[str, str]) -> Answer:
        return _json({"keys": [self._signing.as_dict(private=False) | {"use": "sig"}]})

    async def _authorize(self, kind: str, given: Mapping[str, str]) -> Answer:
        if given["client_id"] != CLIENT or given["redirect_uri"] != self._base + RETURN:
            return _json({"error": "invalid_request"}, 400)
        if given["code_challenge_method"] != "S256" or given["response_type"] != "code":
            return _json({"error": "invalid_request"}, 400)
        who = people(kind).get(given.get("personne", ""))
        if who is None:
            return _html(NAMES[kind], _choice(kind, given))
        told = {"state": given["state"], "iss": f"{self._base}{PREFIX}{kind}"}
        if given.get("echec") == "refused":
            return _to(RETURN, told | {"error": "access_denied"})
        code = {
            "use": "code", "kind": kind, "user": who.user, "nonce": given.get("nonce", ""),
            "challenge": given["code_challenge"], "failure": given.get("echec", ""),
            "exp": int(time.time()) + _SECONDS,
        }  # fmt: skip
        return _to(RETURN, told | {"code": self._sealed(code)})

    async def _token(self, kind: str, given: Mapping[str, str]) -> Answer:
        told = self._opened(given["code"], "code", kind)
        verifier = sha256(given["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        pair = f"{CLIENT}:{client_secret(self._parts, kind)}".encode()
        if given["authorization"] != "Basic " + base64.b64encode(pair).decode():
            return _json({"error": "invalid_client"}, 401)
        if challenge != told["challenge"]:
            return _json({"error": "invalid_grant"}, 400)
        moment = int(time.time())
        acr, amr = _STRENGTH[kind]
        ends = moment - 3600 if told["failure"] == "expired" else moment + 300
        claims: dict[str, Any] = {
            "iss": f"{self._base}{PREFIX}{kind}", "sub": f"{kind}:{told['user']}", "aud": CLIENT,
            "iat": moment, "exp": ends, "auth_time": moment, "amr": amr,
            "sid": f"{kind}:{told['user']}",
            "nonce": token_urlsafe(8) if told["failure"] == "nonce" else told["nonce"],
        }  # fmt: skip
        if acr:
            claims["acr"] = acr
        access = {"use": "access", "kind": kind, "user": told["user"], "exp": moment + 300}
        return _json(
            {
                "access_token": self._sealed(access),
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": self._signed(claims, "JWT"),
            }
        )

    async def _userinfo(self, kind: str, given: Mapping[str, str]) -> Answer:
        told = self._opened(given["authorization"].removeprefix("Bearer "), "access", kind)
        who = people(kind)[told["user"]]
        return _json({"sub": f"{kind}:{who.user}", **who.claims})

    async def _end(self, kind: str, given: Mapping[str, str]) -> Answer:
        found = jwt.decode(given["id_token_hint"], self._signing, algorithms=["RS256"])
        await self._say_ended(kind, str(found.claims["sub"]))
        place = given.get("post_logout_redirect_uri", "")
        if place != f"{self._base}/connexion":
            return _html(NAMES[kind], "<p>Votre session est fermée.</p>")
        return _to("/connexion", {})

    async def _desk(self, kind: str, given: Mapping[str, str]) -> Answer:
        """What happens away from the screen: a card is taken out, the service falls or stands."""
        fallen = self._fallen(kind)
        if given.get("panne") == "oui":
            fallen.touch()
        elif given.get("panne") == "non":
            fallen.unlink(missing_ok=True)
        said = ""
        if given.get("retirer") in people(kind):
            await self._say_ended(kind, f"{kind}:{given['retirer']}")
            said = f"<p role=status>Session de {escape(given['retirer'])} fermée.</p>"
        return _html(NAMES[kind], said + _desk_page(kind, is_down=fallen.exists()))

    async def _say_ended(self, kind: str, subject: str) -> None:
        claims = {
            "iss": f"{self._base}{PREFIX}{kind}", "aud": CLIENT, "iat": int(time.time()),
            "exp": int(time.time()) + 120, "jti": token_urlsafe(16), "sub": subject,
            "events": {EVENT: {}},
        }  # fmt: skip
        form = {"logout_token": self._signed(claims, "logout+jwt")}
        async with httpx.AsyncClient(timeout=5) as client:
            await client.post(f"{self._base}/oidc/deconnexion/{kind}", data=form)

    def _fallen(self, kind: str) -> Any:
        return self._parts.settings.data / f"emulator-{kind}.down"

    def _signed(self, claims: dict[str, Any], kind: str) -> str:
        header = {"alg": "RS256", "kid": self._signing.kid, "typ": kind}
        return jwt.encode(header, claims, self._signing)

    def _sealed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "HS256"}, claims, self._sealing)

    def _opened(self, token: str, use: str, kind: str) -> dict[str, Any]:
        claims = jwt.decode(token, self._sealing, algorithms=["HS256"]).claims
        if claims["use"] != use or claims["kind"] != kind or claims["exp"] < time.time():
            raise ValueError("it has ended, or is of another use")
        return claims


def _choice(kind: str, given: Mapping[str, str]) -> str:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in given.items()
        if name not in {"personne", "echec", "authorization"}
    )
    failures = "".join(
        f'<label><input type="radio" name="echec" value="{code}"{" checked" if not code else ""}>'
        f" {words}</label><br>"
        for code, words in _FAILURES.items()
    )
    return (
        f'<form method="get" action="{PREFIX}{kind}/authorize" class="stack">{kept}'
        "<p>Service imité, pour la démonstration. Un clic remplace la carte et son code.</p>"
        f'<ul class="people">{"".join(map(_person, people(kind).values()))}</ul>'
        f"<fieldset><legend>Ce qui arrive</legend>{failures}</fieldset></form>"
    )


def _person(who: Shown) -> str:
    return (
        f'<li><button name="personne" value="{escape(who.user)}"><span class="mono" '
        f'aria-hidden="true">{escape(who.name[-2:].upper())}</span><span><b>{escape(who.name)}</b>'
        f"<small>{escape(who.detail)}</small></span></button></li>"
    )


def _desk_page(kind: str, *, is_down: bool) -> str:
    turn = ("non", "Remettre en service") if is_down else ("oui", "Mettre en panne")
    people_list = "".join(
        f'<li><button class="btn" name="retirer" value="{escape(one.user)}">'
        f"Fermer la session de {escape(one.name)}</button></li>"
        for one in people(kind).values()
    )
    state = "en panne" if is_down else "en service"
    return (
        f'<form method="post" action="{PREFIX}{kind}/" class="stack"><p>Service imité, {state}.</p>'
        f'<p><button class="btn" name="panne" value="{turn[0]}">{turn[1]}</button></p>'
        f'<ul class="stack">{people_list}</ul></form>'
    )


def _html(title: str, inner: str) -> Answer:
    text = (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}, service imité</title>"
        '<link rel="stylesheet" href="/static/css/tokens.css">'
        '<link rel="stylesheet" href="/static/css/components.css"></head>'
        f'<body data-density="clinic"><main class="page centre" data-width="wide">'
        f"<h1>{escape(title)}</h1>{inner}</main></body></html>"
    )
    policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"
    headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ]
    return 200, headers, text.encode()


def _json(content: Any, status: int = 200) -> Answer:
    return status, [("content-type", "application/json")], orjson.dumps(content)


def _to(path: str, pairs: Mapping[str, str]) -> Answer:
    return 303, [("location", f"{path}?{urlencode(pairs)}" if pairs else path)], b""


def _new_key() -> bytes:
    return RSAKey.generate_key(2048).as_pem(private=True)
