"""Point shapefiles with a CP932 table and no .cpg, as 国土数値情報 publishes them.

By hand, since GDAL stamps its tables with today's date. Layouts: ESRI Shapefile Technical
Description (1998); dBASE III table file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_POINT = 1
_DATE = bytes([126, 4, 1])  # year - 1900, month, day
_PRJ = (
    'GEOGCS["GCS_JGD_2011",DATUM["D_JGD_2011",SPHEROID["GRS_1980",6378137.0,298.257222101]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


@dataclass(frozen=True)
class Field:
    """A column of text (``kind`` "C") or of whole numbers ("N"), its width and values."""

    name: str
    kind: str
    width: int
    values: Sequence[str]


def shapefile(
    stem: str, lon: NDArray[np.float64], lat: NDArray[np.float64], fields: Sequence[Field]
) -> dict[str, bytes]:
    """Return the members .shp, .shx, .dbf and .prj of a layer of points."""
    n = len(lon)
    box = [lon.min(), lat.min(), lon.max(), lat.max()] if n else [0.0] * 4
    record = np.dtype(
        [("number", ">i4"), ("words", ">i4"), ("kind", "<i4"), ("x", "<f8"), ("y", "<f8")]
    )
    points = np.zeros(n, dtype=record)
    points["number"] = np.arange(1, n + 1)
    points["words"] = 10
    points["kind"] = _POINT
    points["x"], points["y"] = lon, lat
    index = np.zeros(n, dtype=[("offset", ">i4"), ("words", ">i4")])
    index["offset"] = 50 + 14 * np.arange(n)
    index["words"] = 10
    return {
        f"{stem}.shp": _header(50 + 14 * n, box) + points.tobytes(),
        f"{stem}.shx": _header(50 + 4 * n, box) + index.tobytes(),
        f"{stem}.dbf": _dbf(n, fields),
        f"{stem}.prj": _PRJ.encode("ascii"),
    }


def _header(words: int, box: Sequence[float]) -> bytes:
    big = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words)
    return big + struct.pack("<2i8d", 1000, _POINT, *box, 0, 0, 0, 0)


def _dbf(n: int, fields: Sequence[Field]) -> bytes:
    width = 1 + sum(f.width for f in fields)
    head = struct.pack("<B3sIHH20x", 3, _DATE, n, 32 + 32 * len(fields) + 1, width)
    for f in fields:
        head += struct.pack(
            "<11sc4xBB14x", f.name.encode("ascii"), f.kind.encode("ascii"), f.width, 0
        )
    rows = np.full((n, width), ord(" "), dtype=np.uint8)
    start = 1
    for f in fields:
        rows[:, start : start + f.width] = _cells(f).reshape(n, f.width)
        start += f.width
    return head + b"\x0d" + rows.tobytes() + b"\x1a"


def _cells(f: Field) -> NDArray[np.uint8]:
    """Return a column's bytes, padded with spaces (numbers to the right)."""
    if f.kind == "N":
        packed = b"".join(v.encode("ascii").rjust(f.width)[: f.width] for v in f.values)
    else:
        packed = b"".join(_cut(v, f.width).ljust(f.width) for v in f.values)
    return np.frombuffer(packed, dtype=np.uint8)


def _cut(text: str, width: int) -> bytes:
    """Return CP932 bytes of at most ``width``, never half a character."""
    raw = text.encode("cp932")
    while len(raw) > width:
        text = text[:-1]
        raw = text.encode("cp932")
    return raw
