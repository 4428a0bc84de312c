"""A certified OpenID provider (npm `oidc-provider`) that runs with national claims."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

from npm_packages import FOLDER, installed

from front_end import node_command

SECRET = "a secret/with+signs=and more"
DOCTOR = "10990000017"
STRANGER = "10990099999"


def place(name: str = "CH de Belmont", finess: str = "960100011") -> dict[str, str]:
    """One activity of a practice, with empty fields where the national service has them empty."""
    return {
        "codeModeExercice": "S", "codeSecteurDactivite": "SA01", "codeRole": "",
        "numeroFinessSite": finess, "numeroSiretSite": "", "raisonSocialeSite": name,
        "identifiantTechniqueDeLaStructure": f"F{finess}",
    }  # fmt: skip


def professional(rpps: str, *places: dict[str, str], profession: str = "10") -> dict[str, Any]:
    """Claims of `scope_all` as the public documentation of Pro Santé Connect has them."""
    practice = {
        "codeProfession": profession, "codeCategorieProfessionnelle": "C",
        "codeSavoirFaire": "SM54", "codeTypeSavoirFaire": "S",
        "nomDexercice": "Benali", "prenomDexercice": "Yacine", "activities": list(places),
    }  # fmt: skip
    return {
        "given_name": "Yacine", "family_name": "Benali", "SubjectNameID": rpps,
        "SubjectRole": [f"{profession}^1.2.250.1.213.1.1.5.5"],
        "SubjectRefPro": {"codeCivilite": "M", "exercices": [practice]},
        "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
    }  # fmt: skip


PEOPLE = {
    "doctor": {"acr": "eidas1", "amr": ["hwk", "pin"], "claims": professional(DOCTOR, place())},
    "stranger": {"acr": "eidas1", "amr": [], "claims": professional(STRANGER, place())},
    "agent": {"acr": "", "amr": ["pwd"], "claims": {"preferred_username": "ybenali"}},
    "strong-agent": {"acr": "", "amr": ["pwd", "otp"], "claims": {"preferred_username": "ybenali"}},
}


def free_port() -> int:
    """A port that nothing uses at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def provider(base: str, port: int, name: str = "psc") -> Iterator[str]:
    """The issuer of a provider that runs; `base` is the address of the relying party."""
    installed()
    places = {
        "redirect": f"{base}/connexion/retour", "left": f"{base}/connexion",
        "ended": f"{base}/oidc/deconnexion/{name}",
    }  # fmt: skip
    told = [str(port), SECRET, json.dumps(places), json.dumps(PEOPLE), ""]
    with subprocess.Popen(
        [*node_command(), "provider.mjs", *told], cwd=FOLDER, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening "), line
        try:
            yield line.split()[1]
        finally:
            process.terminate()
            process.wait(10)
