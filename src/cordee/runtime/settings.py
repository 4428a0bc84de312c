"""Settings, read once from flags and environment; every variable is documented in docs/operator.

No other module reads the environment.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cordee.runtime.errors import InvalidRequest
from cordee.runtime.limiting import Rates, read_rates
from cordee.runtime.scanning import Clamd, read_scanner
from cordee.runtime.warehousing import Warehouse, read_warehouse

MODES = ("demo", "production")
LOOPBACK = ("127.0.0.0/8", "::1/128")
REFERENCES = ("enforce", "report")


_VENDOR: Final = re.compile(
    r"[^=/\s]+(/(individual|cpts|sos)(\+(individual|cpts|sos))*)?=https://\S+"
)
_SIRET: Final = 14
_BARE: Final = ("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "FONTCONFIG_FILE")


@dataclass(frozen=True, slots=True)
class Insi:
    """Where the INSi is and how this installation is known there; no address: not connected."""

    url: str = ""
    authorisation: str = ""
    certificate: Path | None = None
    key: Path | None = None
    recheck_days: int = 1095
    """After how many days it is asked again about an identity; 0 for never."""


@dataclass(frozen=True, slots=True)
class Dmp:
    """Where the DMP is and how this installation is known there; no address: not connected."""

    url: str = ""
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Hub:
    """Where the Hub Santé is and how we are known there; no address: not connected."""

    url: str = field(default="", repr=False)
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class Sas:
    """Vendors of slots, `name/flow+flow=address`; how we are known there, who vouches for them.

    `structures` are the points of SOS Médecins of the region, by SIRET.
    """

    vendors: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    structures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail server, `smtp://…` or `smtps://…`, and the address that letters come from."""

    url: str = field(default="", repr=False)  # it may hold a password
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Sms:
    """The gateway that texts are handed to, and the token that it knows us by."""

    url: str = ""
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Subscribers:
    """Which inner networks hold endpoints that are told of events; whose mail is secure."""

    networks: tuple[str, ...] = ()
    secure_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificate that `serve` shows, with its chain, and its key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation was told; paths are absolute."""

    data: Path
    database_url: str = ""
    migrate_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8100
    base_url: str = ""
    mode: str = "production"
    workers: int = 1
    references: str = "enforce"
    pg_bin: Path | None = None
    keys: Path = field(default=Path())
    insi: Insi = field(default_factory=Insi)
    dmp: Dmp = field(default_factory=Dmp)
    hub: Hub = field(default_factory=Hub)
    mail: Mail = field(default_factory=Mail)
    mssante: Mail = field(default_factory=Mail)
    sms: Sms = field(default_factory=Sms)
    applications: tuple[str, ...] = ()
    sas: Sas = field(default_factory=Sas)
    certificate_header: str = ""
    sas_callers: Mapping[str, str] = field(default_factory=dict[str, str])
    proxies: tuple[str, ...] = LOOPBACK
    rates: Rates = field(default_factory=Rates)
    archive: Path | None = None
    read_only: bool = False
    tls: Tls | None = None
    scanner: Clamd | None = None
    subscribers: Subscribers = field(default_factory=Subscribers)
    questionnaires: Path | None = None
    warehouse: Warehouse = field(default_factory=Warehouse)

    @property
    def demo(self) -> bool:
        """True when demo accounts and emulators are on."""
        return self.mode == "demo"

    @property
    def is_secure(self) -> bool:
        """True when browsers reach it by HTTPS, here or at a proxy."""
        return self.tls is not None or self.base_url.startswith("https://")

    def address(self, port: int) -> str:
        """The address that others see, when it listens on `port`."""
        scheme = "https" if self.tls else "http"
        return self.base_url or f"{scheme}://{self.host}:{port}"


def read_settings(
    environment: Mapping[str, str] | None = None, **flags: str | int | None
) -> Settings:
    """Settings of flags (they win), then environment, then defaults.

    Raises `InvalidRequest` that names the variable when a value cannot be used.
    """
    env = os.environ if environment is None else environment

    def text(flag: str, variable: str, default: str) -> str:
        given = flags.get(flag)
        return str(given) if given is not None else env.get(variable) or default

    data = Path(text("data", "CORDEE_DATA", "~/.local/share/cordee")).expanduser().resolve()
    binaries = text("pg_bin", "CORDEE_PG_BIN", "")
    keys = text("keys", "CORDEE_KEYS", "")
    keys_folder = Path(keys).expanduser().resolve() if keys else data / "keys"
    archive = text("archive", "CORDEE_ARCHIVE", "")
    if archive and text("database_url", "CORDEE_DATABASE_URL", ""):
        raise InvalidRequest("CORDEE_ARCHIVE: an external PostgreSQL archives its own log")
    return Settings(
        data=data,
        database_url=text("database_url", "CORDEE_DATABASE_URL", ""),
        migrate_url=text("migrate_url", "CORDEE_MIGRATE_URL", ""),
        host=text("host", "CORDEE_HOST", "127.0.0.1"),
        port=_number("CORDEE_PORT", text("port", "CORDEE_PORT", "8100"), 0, 65535),
        base_url=text("base_url", "CORDEE_BASE_URL", "").rstrip("/"),
        mode=_one_of("CORDEE_MODE", text("mode", "CORDEE_MODE", "production"), MODES),
        workers=_number("CORDEE_WORKERS", text("workers", "CORDEE_WORKERS", "1"), 1, 256),
        references=_one_of(
            "CORDEE_REFERENCES", text("references", "CORDEE_REFERENCES", "enforce"), REFERENCES
        ),
        pg_bin=Path(binaries).expanduser().resolve() if binaries else None,
        keys=keys_folder,
        warehouse=read_warehouse(text, data, keys_folder),
        insi=_insi(text),
        dmp=_dmp(text),
        hub=_hub(text),
        mssante=Mail(
            text("mssante_url", "CORDEE_MSSANTE_URL", ""),
            text("mssante_from", "CORDEE_MSSANTE_FROM", ""),
        ),
        sms=_sms(text),
        applications=tuple(text("applications", "CORDEE_APPLICATIONS", "").split()),
        sas=_sas(text),
        mail=Mail(
            text("smtp_url", "CORDEE_SMTP_URL", ""), text("mail_from", "CORDEE_MAIL_FROM", "")
        ),
        sas_callers=_callers(text("sas_callers", "CORDEE_SAS_CALLERS", "")),
        certificate_header=text("certificate_header", "CORDEE_CERTIFICATE_HEADER", ""),
        proxies=_networks("CORDEE_PROXIES", text("proxies", "CORDEE_PROXIES", ",".join(LOOPBACK))),
        rates=read_rates(text("rates", "CORDEE_RATES", "")),
        read_only=_one_of(
            "CORDEE_READ_ONLY", text("read_only", "CORDEE_READ_ONLY", "0"), ("0", "1")
        )
        == "1",
        tls=_tls(text),
        scanner=read_scanner(text("clamd", "CORDEE_CLAMD", "")),
        archive=Path(archive).expanduser().resolve() if archive else None,
        questionnaires=_folder("CORDEE_QUESTIONNAIRES", text),
        subscribers=Subscribers(
            _networks(
                "CORDEE_SUBSCRIBER_NETWORKS",
                text("subscriber_networks", "CORDEE_SUBSCRIBER_NETWORKS", ""),
            ),
            _listed(text("secure_mail", "CORDEE_SECURE_MAIL", "").lower()),
        ),
    )


def _folder(variable: str, text: Callable[[str, str, str], str]) -> Path | None:
    """Raises `InvalidRequest` for what is no folder."""
    name = text(variable.removeprefix("CORDEE_").lower(), variable, "")
    if not name:
        return None
    folder = Path(name).expanduser().resolve()
    if not folder.is_dir():
        raise InvalidRequest(f"{variable}: give a folder that is there")
    return folder


def _tls(text: Callable[[str, str, str], str]) -> Tls | None:
    """Raises `InvalidRequest` when one of the two is missing or not there."""
    given = {
        variable: text(variable.removeprefix("CORDEE_").lower(), variable, "")
        for variable in ("CORDEE_TLS_CERT", "CORDEE_TLS_KEY")
    }
    if not any(given.values()):
        return None
    for variable, name in given.items():
        if not name or not Path(name).expanduser().is_file():
            raise InvalidRequest(f"{variable}: give a PEM file that is there")
    return Tls(*(Path(name).expanduser().resolve() for name in given.values()))


def _insi(text: Callable[[str, str, str], str]) -> Insi:
    """Raises `InvalidRequest` when a file of the certificate is not there, or one of two is."""
    url = text("insi_url", "CORDEE_INSI_URL", "")
    certificate, key = _pem_files(text, url, "CORDEE_INSI_CERTIFICATE", "CORDEE_INSI_KEY")
    authorisation = text("insi_authorisation", "CORDEE_INSI_AUTHORISATION", "")
    if url and not authorisation:
        raise InvalidRequest("CORDEE_INSI_AUTHORISATION: give the number of the authorisation")
    days = text("insi_recheck_days", "CORDEE_INSI_RECHECK_DAYS", "1095")
    recheck = _number("CORDEE_INSI_RECHECK_DAYS", days, 0, 3650)
    return Insi(url, authorisation, certificate, key, recheck)


def _dmp(text: Callable[[str, str, str], str]) -> Dmp:
    """Raises `InvalidRequest` for an address without HTTPS, or a file that is not there."""
    url = text("dmp_url", "CORDEE_DMP_URL", "")
    if url and not url.startswith("https://"):
        raise InvalidRequest("CORDEE_DMP_URL: give an address that begins with https://")
    return Dmp(url, *_pem_files(text, url, "CORDEE_DMP_CERTIFICATE", "CORDEE_DMP_KEY"))


def _hub(text: Callable[[str, str, str], str]) -> Hub:
    """Raises `InvalidRequest` for an address without TLS, or a file that is not there."""
    url = text("hub_url", "CORDEE_HUB_URL", "")
    if url and not url.startswith(("amqps://", "amqp://127.0.0.1:")):
        raise InvalidRequest("CORDEE_HUB_URL: give an address that begins with amqps://")
    names = ("CORDEE_HUB_CERTIFICATE", "CORDEE_HUB_KEY", "CORDEE_HUB_CA")
    return Hub(url, *_pem_files(text, url if url.startswith("amqps:") else "", *names))


def _sas(text: Callable[[str, str, str], str]) -> Sas:
    """Raises `InvalidRequest` for a vendor without TLS, or a file that is not there."""
    vendors = tuple(text("vendors", "CORDEE_VENDORS", "").split())
    if not all(_VENDOR.fullmatch(one) for one in vendors):
        raise InvalidRequest(
            "CORDEE_VENDORS: give name=https://… or name/individual+cpts+sos=https://…, with spaces"
            " between"
        )
    structures = tuple(text("sas_structures", "CORDEE_SAS_SOS", "").replace(",", " ").split())
    if not all(len(one) == _SIRET and one.isdigit() for one in structures):
        raise InvalidRequest("CORDEE_SAS_SOS: give SIRET of fourteen digits")
    names = ("CORDEE_SAS_CERTIFICATE", "CORDEE_SAS_KEY", "CORDEE_SAS_CA")
    return Sas(vendors, *_pem_files(text, " ".join(vendors), *names), structures=structures)


def _callers(told: str) -> dict[str, str]:
    """Names of vendors by the thumbprint of their certificate; raises `InvalidRequest`."""
    pairs = [one.strip().partition("=") for one in told.split(",") if one.strip()]
    if not all(name and thumbprint for name, _equals, thumbprint in pairs):
        raise InvalidRequest("CORDEE_SAS_CALLERS: give vendor=thumbprint, with commas between")
    return {thumbprint: name for name, _equals, thumbprint in pairs}


def _sms(text: Callable[[str, str, str], str]) -> Sms:
    """Raises `InvalidRequest` for an address without HTTPS."""
    url = text("sms_url", "CORDEE_SMS_URL", "")
    if url and not url.startswith("https://"):
        raise InvalidRequest("CORDEE_SMS_URL: give an address that begins with https://")
    return Sms(url, text("sms_token", "CORDEE_SMS_TOKEN", ""))


def _pem_files(
    text: Callable[[str, str, str], str], url: str, *variables: str
) -> list[Path | None]:
    """The files of a client certificate; raises `InvalidRequest` for one that is not there."""
    found: list[Path | None] = []
    for variable in variables:
        given = text(variable.removeprefix("CORDEE_").lower(), variable, "")
        file = Path(given).expanduser().resolve() if given else None
        if url and not (file and file.is_file()):
            raise InvalidRequest(f"{variable}: give a PEM file that is there")
        found.append(file)
    return found


def _number(variable: str, text: str, low: int, high: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise InvalidRequest(f"{variable}: give a whole number from {low} to {high}")
    return value


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _networks(variable: str, text: str) -> tuple[str, ...]:
    found = _listed(text)
    try:
        for one in found:
            ipaddress.ip_network(one, strict=False)
    except ValueError as error:
        raise InvalidRequest(f"{variable}: give addresses or networks, with commas") from error
    return found


def _one_of(variable: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise InvalidRequest(f"{variable}: give one of {', '.join(choices)}")
    return text


def bare_environment() -> dict[str, str]:
    """What a process of ours sees that has a small thing to do: no secret, no setting."""
    return {one: os.environ[one] for one in _BARE if one in os.environ} | {"LC_ALL": "C.UTF-8"}


def stay_on_loopback() -> None:
    """Tells a local Spark where it is: it need not ask for this machine's name, known or not."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
