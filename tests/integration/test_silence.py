"""Nothing that is secret or says who somebody is stands in a log. Rule: A6.12."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import given
from running import Server, forget_sockets, run

FAMILY, GIVEN, MATRICULE = "ZWIRBELSTEIN", "Quasimodette", "269059913116714"
WRONG_PASSWORD, PHONE = "pas-le-bon-mot-5512", "+33 6 39 98 71 23"


def sign_in(client: httpx.Client, login: str, password: str) -> httpx.Response:
    found = re.search(r'name="jeton" value="([^"]+)"', client.get("/connexion").text)
    assert found
    form = {"jeton": found[1], "identifiant": login, "mot-de-passe": password}
    return client.post("/connexion", data=form)


def journey(server: Server) -> dict[str, str]:
    """Good and bad requests with one name, one number, one password; the secrets by their kind."""
    name = [{"family": FAMILY, "given": [GIVEN]}]
    identifier = [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": MATRICULE}]
    patient = given.patient(
        id="quiet", name=name, identifier=identifier, telecom=[{"system": "phone", "value": PHONE}]
    )
    added = run(
        "account", "add", "Dr.Silence", "--name", "Dr Silence", "--role", "médecin",
        "--structure", "Organization/cabinet", data=server.data,
    )  # fmt: skip
    first = added.stdout.strip()
    token = server.token()
    with server.client() as client:
        assert client.put("Patient/quiet", json=patient).status_code == 201
        for path in (
            f"Patient?family={FAMILY}", f"Patient?identifier={MATRICULE}", f"Patient/{FAMILY}",
            f"Patient?nonsense={FAMILY}", f"Patient?birthdate={FAMILY}", f"{FAMILY}/1",
            f"Patient?_sort={FAMILY}", f"Patient/quiet/${FAMILY}", "Patient/quiet/$everything",
        ):  # fmt: skip
            client.get(path)
        client.post("Patient/_search", data={"family": FAMILY})
        client.post("Patient/$match", json=patient)
        client.post("Patient", json=patient | {"birthDate": FAMILY, "gender": GIVEN})
        client.post("Patient", content=f'{{"resourceType": "Patient", "{FAMILY}": '.encode())
        client.put("Patient/other", json=patient)
        client.put("Patient/quiet", json=patient, headers={"if-match": f'W/"{MATRICULE}"'})
        client.get("Patient", headers={"authorization": f"Bearer {token}x{MATRICULE}"})
    with httpx.Client(base_url=server.url) as browser:
        sign_in(browser, "dr.silence", WRONG_PASSWORD)
        entered = sign_in(browser, "dr.silence", first)
        assert entered.status_code == 303
        cookie = browser.cookies["cordee_session"]
        browser.get(f"/patients/{FAMILY}", params={"q": FAMILY})
        browser.post("/oauth/token", data={"client_id": "x", "client_secret": WRONG_PASSWORD})
        browser.get("/oauth/authorize", params={"client_id": FAMILY, "login_hint": MATRICULE})
    keys = {key.name: key.read_bytes().hex() for key in server.settings.keys.iterdir()}
    return keys | {
        "family": FAMILY, "given": GIVEN, "matricule": MATRICULE, "wrong password": WRONG_PASSWORD,
        "password": first, "token": token, "session": cookie, "phone": PHONE[-8:],
    }  # fmt: skip


@pytest.mark.requirement("A6.12")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_log_holds_a_secret_a_name_or_a_number(tmp_path: Path, workers: str) -> None:
    server = Server(tmp_path / "data", "--workers", workers).start()
    try:
        secrets = journey(server)
    finally:
        server.stop()
        forget_sockets(server.data)

    logs = {
        "standard error": server.errors,
        "database": (server.data / "postgres" / "server.log").read_text(errors="replace"),
    }

    assert all(len(secret) >= 8 for secret in secrets.values())
    assert "database system is ready" in logs["database"]
    assert [
        (log, kind)
        for log, text in logs.items()
        for kind, secret in secrets.items()
        if secret.casefold() in text.casefold()
    ] == []
