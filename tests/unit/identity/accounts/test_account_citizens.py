"""The login that a citizen chooses."""

from __future__ import annotations

import pytest

from cordee.app.shelf import _AGENT as DEPOSITS
from cordee.care.documents.depositing import AGENT as DMP
from cordee.identity.accounts.citizens import checked_login
from cordee.identity.patients.calling import AGENT as INSI
from cordee.identity.patients.fusing import AGENT as CORDEE
from cordee.runtime.errors import InvalidRequest

PASSWORD = "quatre mots que nul ne devine"


@pytest.mark.requirement("A2.1")
def test_a_login_is_kept_in_small_letters() -> None:
    assert checked_login(" Odette@Exemple.FR ", PASSWORD) == "odette@exemple.fr"


@pytest.mark.requirement("A2.1")
@pytest.mark.requirement("A4.1")
@pytest.mark.parametrize(
    "login", ["", "a b", "a\nb", "x" * 101, DMP, DEPOSITS, INSI, CORDEE, "Federation", "SYSTEM"]
)
def test_no_login_is_none_nor_one_of_ours(login: str) -> None:
    with pytest.raises(InvalidRequest):
        checked_login(login, PASSWORD)
