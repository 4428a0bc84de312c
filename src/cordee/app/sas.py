"""The door of vendors who declare appointments, where the settings name any. INT_R03."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cordee.gateways.sas.appointments import Ledger
from cordee.gateways.sas.receiving import Receiver
from cordee.identity.smart.proving import Proxies

if TYPE_CHECKING:
    from cordee.app.wiring import Parts


def sas_faces(parts: Parts) -> list[Receiver]:
    """The receiver of this installation; none where no vendor is named."""
    settings, ring = parts.settings, parts.kernel.repository.ring
    if not settings.sas_callers or ring is None:
        return []
    proxies = Proxies(settings.certificate_header, settings.proxies)
    ledger = Ledger(parts.database, ring)
    return [Receiver(ledger, proxies.certificate, settings.sas_callers)]
