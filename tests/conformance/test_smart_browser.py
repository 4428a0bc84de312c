"""The fhirclient of npm and that of PyPI launch in Chromium: alone, and from a patient's record.

The application of each uses the client as its documentation shows, on another origin.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from npm_packages import installed
from playwright.async_api import Page, async_playwright

import given
from cordee.app.region.accounts import DEMO_ACCOUNTS
from presence import need
from running import Server, run, served

CLIENT = "fhirclient/build/fhir-client.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SCOPE = "launch launch/patient openid fhirUser offline_access patient/*.rs"
DOCTOR = next(one for one in DEMO_ACCOUNTS if one.practitioner_id)
LAUNCH = """<!doctype html><title>launch</title><script src="fhir-client.js"></script><script>
const iss = new URLSearchParams(location.search).get("iss") || "{iss}";
FHIR.oauth2.authorize({{
  clientId: "{client}", scope: "{scope}", iss, redirectUri: "index.html", pkceMode: "required"
}});
</script>"""
INDEX = """<!doctype html><title>app</title><script src="fhir-client.js"></script><script>
FHIR.oauth2.ready().then(async client => {
  const patient = await client.patient.read();
  const other = await client.request("Patient/other").then(() => "open", () => "closed");
  const found = await client.request("Observation");
  await client.refresh();
  const again = await client.patient.read();
  document.title = [patient.id, other, found.total, again.id, client.getFhirUser()].join(" ");
}).catch(error => { document.title = "failed " + error; });
</script>"""


class _Quiet(SimpleHTTPRequestHandler):
    """A handler of pages that writes no log."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name of the class above
        """Nothing is said."""


class _PythonApplication(BaseHTTPRequestHandler):
    """A web application on the server's side, made with the fhirclient of PyPI."""

    client_id = ""
    place = ""
    states: ClassVar[dict[str, Any]] = {}

    def do_GET(self) -> None:
        """Start a launch, or end one and show what could be read."""
        path, _, query = self.path.partition("?")
        asked = dict(parse_qsl(query))
        if path == "/launch":
            client = FHIRClient(
                {
                    "app_id": self.client_id, "api_base": asked["iss"],
                    "redirect_uri": f"{self.place}/index", "launch_token": asked.get("launch"),
                    "scope": "openid fhirUser offline_access patient/*.rs",
                },
                save_func=self.states.update,
            )  # fmt: skip
            client.prepare()
            self._answer(302, "", location=str(client.authorize_url))
            return
        if path != "/index":
            self._answer(404, "")
            return
        client = FHIRClient(state=dict(self.states), save_func=self.states.update)
        client.handle_callback(f"{self.place}{self.path}")
        found = next(Observation.where({"patient": client.patient_id}).perform_iter(client.server))
        patient = Patient.read(str(client.patient_id), client.server)
        told = [str(patient.id), str(found.total), str(client.reauthorize())]
        self._answer(200, f"<!doctype html><title>{' '.join(told)}</title>")

    def _answer(self, status: int, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-type": "text/html", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name of the class above
        """Nothing is said."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server in demo mode with a patient of the doctor, and one more."""
    with served("--mode", "demo") as running, running.client() as client:
        who = f"Practitioner/{DOCTOR.practitioner_id}"
        client.put(who, json={"resourceType": "Practitioner", "id": DOCTOR.practitioner_id})
        for key in ("mine", "other"):
            made = given.patient(id=key) | {"generalPractitioner": [{"reference": who}]}
            made["name"] = [{"use": "official", "family": "Essai", "given": [key]}]
            assert client.put(f"Patient/{key}", json=made).status_code == 201
            client.post("Observation", json=given.observation(f"Patient/{key}"))
        yield running


@pytest.fixture(scope="module")
def application(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the application, which is registered."""
    folder = tmp_path_factory.mktemp("application")
    shutil.copy(installed() / CLIENT, folder)
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{pages.server_address[1]}"
        made = run(
            "client", "add", "--name", "Courbes", "--redirect", f"{place}/index.html",
            "--launch-url", f"{place}/launch.html", "--scope", SCOPE, data=server.data,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        client = made.stdout.split()[1]
        text = LAUNCH.format(iss=server.fhir, client=client, scope=SCOPE)
        (folder / "launch.html").write_text(text)
        (folder / "index.html").write_text(INDEX)
        yield place
        pages.shutdown()


@pytest.fixture(scope="module")
def python_application(server: Server) -> Iterator[str]:
    """The address of the application in Python, which is registered."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _PythonApplication) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{pages.server_address[1]}"
        made = run(
            "client", "add", "--name", "Bilan", "--redirect", f"{place}/index",
            "--launch-url", f"{place}/launch", "--scope", SCOPE, data=server.data,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        _PythonApplication.client_id, _PythonApplication.place = made.stdout.split()[1], place
        yield place
        pages.shutdown()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page of a fresh browser."""
    found = os.environ.get("CORDEE_CHROMIUM") or shutil.which("chromium")
    executable = need(found, "chromium (CORDEE_CHROMIUM or the path)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield await browser.new_page()
        await browser.close()


async def outcome(page: Page, place: str) -> list[str]:
    """What the application made of its launch."""
    await page.wait_for_url(f"{place}/index.html*")
    await page.wait_for_function("() => document.title !== 'app'")
    return (await page.title()).split(" ")


async def test_fhirclient_launches_alone(page: Page, application: str) -> None:
    await page.goto(f"{application}/launch.html")
    await page.get_by_role("button", name=DOCTOR.name).click()
    await page.get_by_role("searchbox").fill("Essai")
    await page.get_by_role("button", name="Rechercher").click()
    await page.locator("input[type=radio][value=mine]").check()
    await page.get_by_role("button", name="Autoriser").click()

    told = await outcome(page, application)

    assert told == ["mine", "closed", "1", "mine", f"Practitioner/{DOCTOR.practitioner_id}"]


async def test_fhirclient_launches_from_the_record(
    page: Page, application: str, server: Server
) -> None:
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("button", name=DOCTOR.name).click()
    await page.goto(f"{server.url}/patients/mine/applications")
    await page.get_by_role("button", name="Ouvrir Courbes").click()
    await page.get_by_role("button", name="Autoriser").click()

    assert (await outcome(page, application))[:4] == ["mine", "closed", "1", "mine"]
    await page.goto(f"{server.url}/applications")
    await page.get_by_role("button", name="Retirer").first.click()
    assert await page.get_by_text("Aucune application autorisée").is_visible()


async def test_the_client_of_pypi_launches_alone(
    page: Page, python_application: str, server: Server
) -> None:
    await page.goto(f"{python_application}/launch?iss={server.fhir}")
    await page.get_by_role("button", name=DOCTOR.name).click()
    await page.get_by_role("searchbox").fill("Essai")
    await page.get_by_role("button", name="Rechercher").click()
    await page.locator("input[type=radio][value=mine]").check()
    await page.get_by_role("button", name="Autoriser").click()
    await page.wait_for_url(f"{python_application}/index*")

    assert (await page.title()).split(" ") == ["mine", "1", "True"]


async def test_the_client_of_pypi_launches_from_the_record(
    page: Page, python_application: str, server: Server
) -> None:
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("button", name=DOCTOR.name).click()
    await page.goto(f"{server.url}/patients/mine/applications")
    await page.get_by_role("button", name="Ouvrir Bilan").click()
    await page.get_by_role("button", name="Autoriser").click()
    await page.wait_for_url(f"{python_application}/index*")

    assert (await page.title()).split(" ") == ["mine", "1", "True"]
