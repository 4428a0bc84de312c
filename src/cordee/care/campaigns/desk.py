"""All that the pages of campaigns stand on, in one hand."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.campaigns.acts import Acts
from cordee.care.campaigns.answering import Answers
from cordee.care.campaigns.capturing import Capture
from cordee.care.campaigns.figures import Dashboard
from cordee.care.campaigns.groups import RiskGroups
from cordee.care.campaigns.links import Links
from cordee.care.campaigns.register import Register
from cordee.care.campaigns.targeting import Targeting


@dataclass(frozen=True, slots=True)
class CampaignDesk:
    """The parts of one process."""

    register: Register
    targeting: Targeting
    groups: RiskGroups
    dashboard: Dashboard
    capture: Capture
    acts: Acts
    answers: Answers
    links: Links
