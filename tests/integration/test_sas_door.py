"""The door of vendors in the whole application: by the certificate that a proxy passes."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cordee.app.asgi import make_application
from cordee.gateways.sas.receiving import PREFIX
from cordee.gateways.sas.software import Declarer, appointment
from cordee.runtime import clock
from running import Platform


@pytest.mark.requirement("C3.7")
async def test_a_vendor_is_known_by_its_certificate_alone(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    der = b"certificate of a vendor"
    mark = base64.urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode()
    told = replace(
        platform.parts.settings, sas_callers={mark: "un"}, certificate_header="client-cert"
    )
    monkeypatch.setattr(platform.parts, "settings", told)
    application: Any = make_application(platform.parts, None)
    transport = httpx.ASGITransport(application, client=("127.0.0.1", 1))
    meeting = appointment(str(uuid4()), "booked", clock.now() + timedelta(hours=3))
    async with httpx.AsyncClient(transport=transport, base_url="http://sas") as client:
        known = {"client-cert": f":{base64.b64encode(der).decode()}:"}
        other = {"client-cert": f":{base64.b64encode(b'another').decode()}:"}
        for headers, expected in ((known, 201), (other, 403), ({}, 403)):
            assert await Declarer(client, PREFIX, headers).create(meeting) == expected
