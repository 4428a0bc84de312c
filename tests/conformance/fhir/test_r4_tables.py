"""The tables of profiles/r4 are those that the script makes of the definitions of HL7."""

from __future__ import annotations

import gzip
import subprocess
import sys

from shared_data import ROOT, shared


def test_the_tables_follow_from_the_definitions(tmp_path):
    archive = shared("data/02-fhir-r4-spec/fhir-r4-definitions.tar.xz")

    subprocess.run(
        [sys.executable, ROOT / "scripts" / "r4_tables.py", archive, tmp_path],
        check=True,
        capture_output=True,
    )

    names = {path.name for path in tmp_path.iterdir()}
    assert names == {path.name for path in (ROOT / "profiles" / "r4").iterdir()}
    for name in names:
        made = gzip.decompress((tmp_path / name).read_bytes())
        assert made == gzip.decompress((ROOT / "profiles" / "r4" / name).read_bytes())
