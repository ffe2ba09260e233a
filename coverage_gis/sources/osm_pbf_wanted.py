"""Which strings of a PBF file matter, by their hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from coverage_gis.settings import Settings

_OFFSET, _PRIME = 0xCBF29CE484222325, 0x100000001B3


def hash_of(text: str) -> int:
    """Return FNV-1a (64 bits, as a signed number) of a text in UTF-8."""
    value = _OFFSET
    for byte in text.encode():
        value = ((value ^ byte) * _PRIME) & 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value


class Wanted:
    """Tables by the place of a string among ``known``; the last entry is for all others.

    Attributes
    ----------
    pairs
        Tags of facilities, and of the nodes of settlements.
    known
        Hashes of all strings that matter, ascending.
    slot
        Number among the kept keys, else -1.
    is_road, is_key, is_value
        Whether it is a class of road, the key of a wanted tag, the value of one.
    special
        Numbers of the keys "highway" and "route", number of kept keys, hash of "ferry".
    tagsets
        Hash of a tag set -> values of the kept keys; filled as blocks are decoded.
    """

    def __init__(self, settings: Settings, keys: tuple[str, ...]) -> None:
        walk, drive = settings.network.walk, settings.network.drive
        roads = walk.highway | frozenset(drive.speed_m_per_s)
        self.pairs = settings.facility_tags | frozenset(settings.place_names.osm)
        tag_keys, tag_values = ({tag[i] for tag in self.pairs} for i in (0, 1))
        texts = sorted({*keys, *roads, *tag_keys, *tag_values}, key=hash_of)
        self.known = np.array([hash_of(t) for t in texts], dtype=np.int64)
        slots = {key: i for i, key in enumerate(keys)}
        self.slot = np.array([*(slots.get(t, -1) for t in texts), -1], dtype=np.int32)
        self.is_road, self.is_key, self.is_value = (
            np.array([*(t in some for t in texts), False]) for some in (roads, tag_keys, tag_values)
        )
        self.special = np.array([slots["highway"], slots["route"], len(keys), hash_of("ferry")])
        self.tagsets: dict[int, tuple[str | None, ...]] = {}
