"""The DMP of this process: the national one, or in a demonstration its emulator."""

from __future__ import annotations

import httpx

from cordee.gateways.dmp.adapter import DmpOverFhir, Endpoint
from cordee.gateways.dmp.emulator import Emulator
from cordee.runtime.settings import Settings


def make_dmp(settings: Settings) -> DmpOverFhir | None:
    """The DMP of these settings; None when it is not connected."""
    if settings.demo:
        return emulated_dmp(Emulator())
    told = settings.dmp
    return DmpOverFhir(Endpoint(told.url, told.certificate, told.key)) if told.url else None


def emulated_dmp(emulator: Emulator) -> DmpOverFhir:
    """The DMP as the demonstration has it, inside of its own process."""
    transport = httpx.ASGITransport(emulator)
    return DmpOverFhir(Endpoint("http://dmp.invalid", transport=transport))
