"""Which kinds of files can be decoded once for many prefectures, and how.

A file that several prefectures read (the country's stations, shelters or institutions, a census
file by primary mesh, a neighbour's boundaries) is the same work for each of them. Its decoded form
is kept in a folder, memory-mapped, and named in ``Found.kept``; readers return from it what they
return from the file (tests/test_kept.py).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from coverage_gis.sources.delimited import keep_listed
from coverage_gis.sources.kept_result import keep_result
from coverage_gis.sources.mhlw import CARE, HOURS, MEDICAL, read_mhlw_departments
from coverage_gis.sources.population import read_estat
from coverage_gis.sources.shelters_gsi import EVACUATION_SITE, SHELTER
from coverage_gis.sources.stops_p11 import P11, stops_of
from coverage_gis.sources.vector import keep_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from coverage_gis.sources.found import Found

_VECTORS = ("a38", "mesh-future", "n02", "n03", "p04", "p14", "p20", "p29", "p30", "s12")
_LISTS = (CARE, EVACUATION_SITE, MEDICAL, SHELTER)

KEEPERS: Final[Mapping[str, Callable[[Found, Path], None]]] = MappingProxyType(
    {
        **dict.fromkeys(_VECTORS, keep_vector),
        **dict.fromkeys(_LISTS, keep_listed),
        P11: lambda found, folder: keep_result(stops_of(found), folder),
        HOURS: lambda found, folder: keep_result(read_mhlw_departments(found), folder),
        "estat-mesh": lambda found, folder: keep_result(read_estat(found), folder),
    }
)
"""Kind -> what decodes a file of it into an existing folder.

Each raises InputError if the file is broken, ValueError or TypeError if it cannot be kept.
"""
