"""What a page tells the browser, and what a session is worth before and after sign-in."""

from __future__ import annotations

import re

import httpx
import pytest
from sample_record import NOW
from starlette.routing import Route
from visiting import Visit

from cordee.web.application import page_routes
from cordee.web.ports import WebSettings
from cordee.web.rendering import STATIC, WEB
from cordee.web.sessions import COOKIE, unseal

SETTINGS = WebSettings(key=b"k" * 32, is_demo=True, clock=lambda: NOW)
POLICY = (
    "default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'",
    "require-trusted-types-for 'script'", "trusted-types htmx cordee", "worker-src 'self'",
)  # fmt: skip


def directives(answer: httpx.Response) -> list[str]:
    return [one.strip() for one in answer.headers["content-security-policy"].split(";")]


async def every_answer(visit: Visit) -> list[httpx.Response]:
    """One answer of each page that a GET opens, found, refused or broken."""
    await visit.enter()
    paths = [r.path for r in page_routes() if isinstance(r, Route) and "GET" in (r.methods or ())]
    found = []
    for path in [*paths, "/nulle-part", "/patients/nobody"]:
        address = re.sub(r"{\w+}", "1", path.replace("{patient_id}", "p-7f3a"))
        if not address.endswith("/evenements"):  # a stream that never ends
            found.append(await visit.client.get(address))
    return found


async def test_every_answer_keeps_scripts_frames_and_caches_out(visit: Visit) -> None:
    answers = await every_answer(visit)

    assert len(answers) > 30
    for answer in answers:
        policy = directives(answer)
        assert [one for one in POLICY if one not in policy] == [], answer.url
        assert not re.search(r"unsafe|https?:|\*", ";".join(policy)), answer.url
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] in {"no-store", "no-cache, no-store"}


async def test_a_nonce_is_used_once(visit: Visit) -> None:
    nonces = [
        next(one for one in directives(await visit.client.get("/connexion")) if "script-src" in one)
        for _ in range(5)
    ]

    assert len(set(nonces)) == 5
    assert all(re.fullmatch(r"script-src 'nonce-[\w-]{22}'", one) for one in nonces)


async def test_a_planted_session_is_worth_nothing_after_sign_in(visit: Visit) -> None:
    await visit.client.get("/connexion")
    planted = visit.client.cookies[COOKIE]
    await visit.enter()
    entered = visit.client.cookies[COOKIE]
    before, after = unseal(planted, SETTINGS), unseal(entered, SETTINGS)

    visit.client.cookies.clear()
    visit.client.cookies.set(COOKIE, planted)
    answer = await visit.client.get("/")

    assert before
    assert after
    assert before.identifier != after.identifier
    assert (before.user, after.user != "") == ("", True)
    assert answer.headers["location"].startswith("/connexion")


async def test_the_form_token_of_before_sign_in_is_worth_nothing_after(visit: Visit) -> None:
    token = await visit.token()
    await visit.enter()

    answer = await visit.client.post("/deconnexion", data={"jeton": token})

    assert answer.status_code == 403
    assert (await visit.client.get("/")).status_code == 200


async def test_nothing_is_done_by_opening_an_address(visit: Visit) -> None:
    """A link of another site carries the cookie (SameSite=lax), so a GET must change nothing."""
    await visit.enter()
    routes = [route for route in page_routes() if isinstance(route, Route)]
    read = {route.path for route in routes if "GET" in (route.methods or ())}
    done = [route.path for route in routes if route.path not in read]

    for path in done:
        address = re.sub(r"{\w+}", "1", path)
        assert (await visit.client.get(address)).status_code in {404, 405}, path
    assert len(done) > 10


@pytest.mark.requirement("A6.10")
@pytest.mark.requirement("A6.9")
def test_no_page_and_no_file_of_ours_names_another_host() -> None:
    """Addresses in prose, name spaces and licences apart: nothing that a browser would load."""
    loads = re.compile(
        r"""(?:src|href|action|srcset|data|poster|hx-get|hx-post)\s*=\s*["']?\s*(?:https?:)?//"""
        r"""|@import\s+["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//"""
        r"""|(?:fetch|import|EventSource|WebSocket|sendBeacon)\(\s*["'`](?:https?:|wss?:)?//""",
        re.IGNORECASE,
    )
    files = [*WEB.rglob("*.html"), *STATIC.rglob("*.css"), *STATIC.rglob("*.js")]

    found = [f"{path.name}: {hit[0]}" for path in files for hit in loads.finditer(path.read_text())]

    # Leaflet's own line under a map is a link; ours is never made (`attributionControl: false`).
    link = 'leaflet.js: href="https://'
    assert "attributionControl: false" in (STATIC / "js" / "map.js").read_text()
    assert found.count(link) == 1
    found.remove(link)
    assert len(files) > 40
    assert loads.search('<script src="https://cdn.example/x.js">')
    assert found == []
