"""The data folders that travel with the code: migrations, profiles, geo."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def data_folder(name: str) -> Traversable:
    """Folder `name` (`migrations`, `profiles`, `geo`) of the repository or of the wheel."""
    return files("cordee._data").joinpath(name)
