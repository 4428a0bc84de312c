"""Extractions of the national directory of professionals, as small as a test needs them."""

from __future__ import annotations

from pathlib import Path

RPPS = "10990000019"
HEAD = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|"
    "Code civilité|Nom d'exercice|Prénom d'exercice|Code profession|Libellé profession|"
    "Code catégorie professionnelle|Libellé catégorie professionnelle|Code type savoir-faire|"
    "Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|"
    "Numéro SIRET site|Numéro FINESS site|Identifiant technique de la structure|"
    "Raison sociale site|Libellé Voie (coord. structure)|Code postal (coord. structure)|"
    "Code commune (coord. structure)|Libellé commune (coord. structure)|"
    "Téléphone (coord. structure)|Code rôle|Libellé rôle|Code genre activité|"
)


def line(number: str = RPPS, finess: str = "960000013", skill: str = "SM26", **more: str) -> str:
    told = {
        "family": "LE GOFF", "siret": "", "name": "Cabinet Le Goff", "phone": "0353010000"
    } | more  # fmt: skip
    return (
        f"8|{number}|8{number}|DR|MME|{told['family']}|Anne|10|Médecin|C|Civil|S|{skill}|"
        f"Médecine générale|L|Libéral|{told['siret']}|{finess}|F1|{told['name']}|du Moulin|29999|"
        f"29900|Issy|{told['phone']}|FON-01|Titulaire|GENR01|"
    )


def file(folder: Path, *lines: str, name: str = "PS_LibreAcces_Personne_activite.txt") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8-sig")
    return path
