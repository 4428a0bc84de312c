"""`cordee account` as a process, and the person that it lets in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from running import Server, run, served


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


def sign_in(client: httpx.Client, login: str, password: str) -> httpx.Response:
    page = client.get("/connexion")
    found = re.search(r'name="jeton" value="([^"]+)"', page.text)
    assert found
    form = {"jeton": found[1], "identifiant": login, "mot-de-passe": password}
    return client.post("/connexion", data=form)


@pytest.mark.requirement("A2.1")
def test_an_administrator_lets_somebody_in_and_out(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
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


def test_wrong_use_is_one_sentence(server: Server) -> None:
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


@pytest.mark.requirement("A2.3")
def test_joiners_movers_and_leavers_come_by_a_file(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    with httpx.Client(base_url=server.url) as client:
        file.write_text(
            "login;name;status;role;structure;ends;supervisor\n"
            "head;Dr Head;active;médecin;Organization/a;;\n"
            "two;Dr Two;active;médecin;Organization/a;;\n"
            "two;Dr Two;active;médecin;Organization/b;;\n"
            "intern;Intern;active;interne;Organization/a;;head\n",
            "utf-8",
        )
        done = run("account", "import", str(file), data=server.data)
        assert done.returncode == 1
        assert "line 5: a temporary account needs an end" in done.stderr
        *passwords, counts = done.stdout.splitlines()
        assert json.loads(counts) == {"added": 2, "changed": 0, "left": 0, "same": 0, "refused": 1}
        first = dict(line.split("\t") for line in passwords)
        assert sign_in(client, "two", first["two"]).status_code == 303

        file.write_text(
            "login,status,role,structure\n"
            "head,active,médecin,Organization/a\n"
            "head,active,médecin,Organization/c\n"
            "two,left,,\n",
            "utf-8",
        )
        counts = command(server, "import", str(file))
        assert json.loads(counts) == {"added": 0, "changed": 1, "left": 1, "same": 0, "refused": 0}
        assert client.get("/connexion/mot-de-passe").headers["location"].startswith("/connexion?")
        again = json.loads(command(server, "import", str(file)))
        assert (again["same"], again["changed"], again["left"]) == (2, 0, 0)
        assert "Organization/c" in command(server, "list")

        for text, words in (
            ("name\nx\n", "line 1: the columns are"),
            ("login,ends\nx,soon\n", "line 2: 'soon': give a date"),
            ("login,name\nx,A,B\n", "line 2: there are more values than columns"),
            ("login,status\nx,gone\n", "line 2: give a login, and a status"),
            ("login,role,structure\nx,médecin,clinic\n", "line 2: a situation is a role"),
            ("login,name\nx,A\nx,B\n", "line 3: this person stands otherwise above"),
        ):
            file.write_text(text, "utf-8")
            done = run("account", "import", str(file), data=server.data)
            assert (done.returncode, words in done.stderr) == (2, True), done.stderr
