"""How an installation is connected to the INSi, or is not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cordee.app.insi import make_insi
from cordee.identity.ins.insi.ports import Found, Several, TraitsQuery
from cordee.identity.ins.traits import Sex
from cordee.runtime.clock import now
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import read_settings

MARTIN = ("MARTIN", Sex.FEMALE, date(1961, 7, 14))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A client certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "structure")])
    start: datetime = now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {
        "CORDEE_INSI_URL": "https://insi.test/",
        "CORDEE_INSI_AUTHORISATION": "12345",
        "CORDEE_INSI_CERTIFICATE": str(tmp_path / "chain.pem"),
        "CORDEE_INSI_KEY": str(tmp_path / "key.pem"),
    }


async def test_it_is_not_connected_unless_it_is_told_where(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert make_insi(read_settings({}, data=str(tmp_path))) is None

    insi = make_insi(read_settings(files, data=str(tmp_path)))

    assert insi is not None
    await insi.close()


@pytest.mark.parametrize(
    "missing", ["CORDEE_INSI_AUTHORISATION", "CORDEE_INSI_CERTIFICATE", "CORDEE_INSI_KEY"]
)
def test_what_is_missing_is_named(files: dict[str, str], missing: str) -> None:
    with pytest.raises(InvalidRequest, match=missing):
        read_settings(files | {missing: ""})


@pytest.mark.requirement("A1.6")
async def test_the_demonstration_knows_several_people_of_one_name() -> None:
    insi = make_insi(read_settings({}, mode="demo"))
    assert insi is not None
    name, sex, born = MARTIN
    try:
        some = await insi.search_by_traits(TraitsQuery(name, ("MARIE",), sex, born), user="x")
        both = await insi.search_by_traits(
            TraitsQuery(name, ("MARIE", "HELENE"), sex, born), user="x"
        )
        one = await insi.search_by_traits(
            TraitsQuery(name, ("MARIE", "HELENE"), sex, born, "70310"), user="x"
        )
    finally:
        await insi.close()
    assert isinstance(some, Several)
    assert isinstance(both, Several)
    assert isinstance(one, Found)
