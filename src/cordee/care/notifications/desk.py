"""All that the screens of notifications are made of, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.notifications.following import Followings
from cordee.care.notifications.inbox import Inbox
from cordee.care.notifications.latency import Latency
from cordee.care.notifications.phoning import Phoning
from cordee.care.notifications.ports import People, Reading


@dataclass(frozen=True, slots=True)
class NotificationDesk:
    """Inboxes, subscriptions, calls and figures of one installation."""

    inbox: Inbox
    followings: Followings
    phoning: Phoning
    latency: Latency
    people: People
    reading: Reading
