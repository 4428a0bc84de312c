"""`cordee account` as a process, and the person that it lets in."""

from __future__ import annotations

import re

import httpx
import pytest

from running import Server, run, served


def sign_in(client: httpx.Client, login: str, password: str) -> httpx.Response:
    page = client.get("/connexion")
    found = re.search(r'name="jeton" value="([^"]+)"', page.text)
    assert found
    form = {"jeton": found[1], "identifiant": login, "mot-de-passe": password}
    return client.post("/connexion", data=form)


@pytest.mark.requirement("A2.1")
def test_an_administrator_lets_somebody_in_and_out() -> None:
    with served() as server, httpx.Client(base_url=server.url) as client:
        added = command(server, "add", "Dr.Roux", "--name", "Dr Bernard Roux",
                        "--role", "médecin", "--structure", "Organization/cabinet")  # fmt: skip
        entered = sign_in(client, "dr.roux", added.strip())
        assert entered.headers["location"] == "/connexion/mot-de-passe"
        assert client.get("/").headers["location"] == "/connexion/mot-de-passe"
        listed = command(server, "list").strip().split("\t")
        assert listed[:3] == ["dr.roux", "Dr Bernard Roux", "active"]

        command(server, "end", "dr.roux")
        assert client.get("/connexion/mot-de-passe").headers["location"].startswith("/connexion?")
        assert sign_in(client, "dr.roux", added.strip()).status_code == 422


def test_wrong_use_is_one_sentence() -> None:
    with served() as server:
        cases = [
            (("end", "nobody"), 1, "there is no account 'nobody'"),
            (("end", "x", "--on", "tomorrow"), 2, "give a date such as"),
            (("reset", "nobody"), 1, "there is no account"),
        ]
        for arguments, code, words in cases:
            done = run("account", *arguments, data=server.data)
            assert (done.returncode, words in done.stderr) == (code, True), done.stderr


def command(server: Server, *arguments: str) -> str:
    done = run("account", *arguments, data=server.data)
    assert done.returncode == 0, done.stderr
    return done.stdout
