"""French words of exceptional access."""

from __future__ import annotations

from datetime import datetime, timedelta

from cordee.access.glass import Category
from cordee.web.language import gettext as _
from cordee.web.language import ngettext

CATEGORIES = {
    Category.VITAL: _("Urgence vitale"),
    Category.UNCONSCIOUS: _("Urgence : la personne ne peut pas donner son accord"),
    Category.REGULATION: _("Appel de régulation en cours"),
    Category.PSYCHIATRIC: _("Urgence psychiatrique"),
    Category.OTHER: _("Autre raison"),
}
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def time_left(ends: datetime, now: datetime) -> str:
    """Tell how long something lasts, rounded down to the minute."""
    left = max(ends - now, timedelta())
    hours, minutes = left // _HOUR, left % _HOUR // _MINUTE
    if hours:
        return _("%(hours)s h %(minutes)02d min") % {"hours": hours, "minutes": minutes}
    return ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes}
