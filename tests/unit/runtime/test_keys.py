"""The folder of keys: made once, readable by its owner alone, durable before it is used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cordee.runtime.keys import secret


@pytest.mark.requirement("A6.2")
def test_a_key_is_durable_and_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = tmp_path / "keys", list[int]()
    monkeypatch.setattr(os, "fsync", lambda number: kept.append(os.fstat(number).st_mode))

    made = secret(folder, "body-1.key")

    assert secret(folder, "body-1.key") == made
    assert stat.S_IMODE((folder / "body-1.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_ISREG(kept[0]), stat.S_ISDIR(kept[1])] == [True, True]
    assert [one.name for one in folder.iterdir()] == ["body-1.key"]
