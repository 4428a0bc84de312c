from __future__ import annotations

import lzma
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.identity.matching.sounds import sound
from cordee.identity.matching.spelling import core, letters, plain, words
from shared_data import shared

SAID_ALIKE = [
    "LEFEVRE LEFEBVRE LEFÈVRE",
    "GAUTIER GAUTHIER",
    "DUPONT DUPOND DUPONS",
    "MOREAU MOREAUX MORO MORAUD MORAULT",
    "THIBAULT THIBAUT THIBAUD TIBO THIBEAU",
    "PHILIPPE FILIPE PHILIPE",
    "MATHIEU MATTHIEU MATIEU",
    "RENAUD RENAULT RENAUX RENEAU",
    "HERVE ERVE",
    "KATHERINE CATHERINE",
    "MAILLET MAYET MAILLER",
    "FONTAINE FONTENE FONTEINE",
    "NICOLAS NICOLA",
    "JACQUES JAQUES",
    "CHRISTELLE CRISTELLE KRISTEL",
    "QUENTIN KENTIN",
    "SCHMITT CHMITT SCHMIDT",
    "MARTIN MARTAIN",
    "BENOIT BENOIS BENOÎT",
    "HENRI HENRY",
    "YVES IVES",
    "CÉCILE CESSILE SESSILE",
    "GEORGES JORGES",
    "LAURENT LORENT LAURANT",
    "VINCENT VINSANT VINSENT",
    "BOUCHER BOUCHET BOUCHEZ",
    "CHEVALIER CHEVALLIER",
    "WAGNER VAGNER",
    "FRANCOIS FRANÇOIS FRANSOIS",
    "JEAN JAN",
    "EMILIE EMILY",
    "AURELIE ORELIE",
]
SAID_APART = ["MARTIN MARTEL", "DUBOIS DUPUIS", "PETIT PETEL", "ROUX ROI", "LEROY LERAY",
              "JULIE JULIEN", "PASCAL PASCALINE", "SIMON SIMEON", "BLANC BLIN"]  # fmt: skip


@pytest.mark.requirement("A1.1")
@pytest.mark.parametrize("names", SAID_ALIKE)
def test_names_said_alike_have_one_key(names: str) -> None:
    assert len({sound(name) for name in names.split()}) == 1


@pytest.mark.parametrize("names", SAID_APART)
def test_names_said_apart_have_two_keys(names: str) -> None:
    assert len({sound(name) for name in names.split()}) == 2


@given(st.text(max_size=30))
def test_every_text_has_a_key_of_capitals_and_figures(text: str) -> None:
    assert not sound(text) or sound(text).isascii()
    assert bool(sound(text)) == bool(letters(text))


@pytest.mark.parametrize(
    ("file", "most", "growth"), [("noms", 60_000, 1.5), ("prenoms", 10_000, 1.2)]
)
def test_keys_stay_selective_on_the_names_of_the_insee(file: str, most: int, growth: float) -> None:
    """Two people taken at random share a key little more often than they share a name."""
    by_key: dict[str, int] = defaultdict(int)
    by_name: dict[str, int] = defaultdict(int)
    path = shared(f"data/07-france/noms/{file}_sorted_by_count.csv.xz")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for _, line in zip(range(most), lines, strict=False):
            name, _, count = line.strip().rpartition(",")
            if not name.startswith(("_", "AUTRES")):
                by_key[sound(name)] += int(count)
                by_name[letters(name)] += int(count)

    shared_keys, shared_names = (sum(n * n for n in held.values()) for held in (by_key, by_name))

    assert len(by_key) > 0.5 * len(by_name)
    assert shared_keys / shared_names < growth


def test_names_lose_what_tells_no_one_apart() -> None:
    assert letters("de l’Étoile-Roux") == "DELETOILEROUX"
    assert words("Jean-Pierre Marie") == ("JEAN", "PIERRE", "MARIE")
    assert core("Le Goff") == core("GOFF") == "GOFF"
    assert core("De La") == "DELA"
    assert plain("12 bis, rue de l'Église") == "12 BIS RUE DE L EGLISE"
