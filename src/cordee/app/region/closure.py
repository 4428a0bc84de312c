"""The end of a record: what stops when the person has died."""

from __future__ import annotations

from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.moments import day_text

# By type: the status that a resource still running takes.
LAST_STATUS: Final = {
    "CareTeam": "inactive",
    "EpisodeOfCare": "finished",
    "MedicationRequest": "stopped",
    "ServiceRequest": "revoked",
}
WITH_PERIOD: Final = frozenset({"CareTeam", "EpisodeOfCare"})
RUNNING: Final = "active"


def close_record(chart: Chart) -> None:
    """Ends on the day of death whatever was running, and drops the appointments to come."""
    end = day_text(chart.today)
    chart.entries = [
        entry
        for entry in chart.entries
        if entry["resourceType"] != "Appointment" or entry["status"] != "booked"
    ]
    for entry in chart.entries:
        status = LAST_STATUS.get(entry["resourceType"])
        if status and entry["status"] == RUNNING:
            entry["status"] = status
            if entry["resourceType"] in WITH_PERIOD:
                entry["period"]["end"] = end
