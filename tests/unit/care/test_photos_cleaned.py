"""Photos of visits made anew: what a camera wrote badly loses no photo. B4.8."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from cordee.care.visits.images import cleaned

_BROKEN = (0x010F, 5)  # a maker that is a fraction
_UPRIGHT = {1: "red", 2: "blue", 3: "blue", 4: "red", 5: "red", 6: "red", 7: "blue", 8: "blue"}
"""What is at the top left once upright, of a photo whose left half is red."""


def taken(orientation: int, tag: int = 0x010F, sort: int = 2) -> bytes:
    """A photo, red on its left and blue on its right, with two notes of its camera."""
    notes = struct.pack("<HHII", tag, sort, 1, 8) + struct.pack("<HHII", 0x0112, 3, 1, orientation)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + notes + b"\0" * 4 + b"\x01" * 16
    image, out = Image.new("RGB", (320, 160), "red"), io.BytesIO()
    image.paste("blue", (160, 0, 320, 160))
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.requirement("B4.8")
async def test_what_a_camera_wrote_badly_loses_no_photo() -> None:
    made = Image.open(io.BytesIO(await cleaned(taken(6, *_BROKEN))))
    assert made.size == (160, 320), "and it is upright"
    assert not dict(made.getexif())


@pytest.mark.requirement("B4.8")
@pytest.mark.parametrize("orientation", _UPRIGHT)
async def test_a_photo_is_upright_however_it_was_held(orientation: int) -> None:
    made = Image.open(io.BytesIO(await cleaned(taken(orientation))))
    assert made.size == ((160, 320) if orientation > 4 else (320, 160))
    corner = made.convert("RGB").getpixel((10, 10))
    assert isinstance(corner, tuple)
    assert ("red" if corner[0] > corner[2] else "blue") == _UPRIGHT[orientation]
