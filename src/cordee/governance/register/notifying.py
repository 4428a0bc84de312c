"""What the register says of notifications: their flows out of the house, their processing."""

from __future__ import annotations

from urllib.parse import urlsplit

from cordee.runtime.settings import Settings

_NOTHING = "Qu’il y a un message, et l’adresse du site : aucune donnée de santé, aucun nom"
PROCESSING = (
    "Notifications d’évènements",
    "Prévenir qui soigne et qui accompagne, et prouver qui a été prévenu",
    "Mission d’intérêt public (RGPD art. 6.1.e, 9.2.h ; CSP L.1110-4, L.1110-12)",
    "Patients, professionnels, proches désignés",
    "Type, moment et lieu d’un évènement, référence du dossier, destinataires, états, appels,"
    " adresses de notification chiffrées ; le texte n’est pas gardé, il est relu avec les droits",
    "Destinataires selon leurs droits au moment de lire ; nombres seuls pour l’administration",
)
"""Name, purpose, basis, people, data and readers of the processing."""
CLASSES = ("events", "followings", "reach")


def flows(settings: Settings) -> tuple[tuple[str, bool, str, str], ...]:
    """Name, whether it is on, to whom, what: each way out that may be connected."""
    sms = settings.sms.url
    emulated = settings.demo and not sms
    return (
        ("Notifications par e-mail", *_to(settings.mail.url), _NOTHING),
        (
            "Notifications par SMS", bool(sms),
            "émulateur, dans ce processus" if emulated else urlsplit(sms).hostname or "", _NOTHING,
        ),
        (
            "Lettres par MSSanté aux professionnels", *_to(settings.mssante.url),
            "Nom, naissance, évènement ; lettre de sortie ou plan, si le dossier leur est ouvert",
        ),
        (
            "Notifications à des logiciels (guide national, flux 4)",
            bool(settings.applications), ", ".join(settings.applications),
            "Identité du patient, type, lieu et moment, selon les droits du destinataire",
        ),
    )  # fmt: skip


def _to(url: str) -> tuple[bool, str]:
    return bool(url), urlsplit(url).hostname or ""
