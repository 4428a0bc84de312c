"""The services that the pages of a home need, together."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.homes.files import ResidentFiles
from cordee.care.homes.projects import Projects
from cordee.care.homes.stays import Stays
from cordee.care.homes.transmissions import Transmissions


@dataclass(frozen=True, slots=True)
class HomeDesk:
    """Stays, projects, transmissions and the file that joins them."""

    stays: Stays
    projects: Projects
    transmissions: Transmissions
    files: ResidentFiles
