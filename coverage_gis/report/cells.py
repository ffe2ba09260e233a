"""Cells as pictures: classes of an indicator, people per class, and one pixel per cell."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis.codes import mesh
from coverage_gis.maps.model import CLASS, STATUS_OK, STATUS_UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_gis.maps.model import Indicator

UNREACHABLE_COLOUR: Final = "#111111"
"""Of the stripes on white, here and on the interactive map (``templates/mesh_tiles.js``)."""
NO_DATA_COLOUR: Final = "#9b9b9b"
"""As on the interactive map (``templates/mesh.js``)."""
_WHITE: Final = "#ffffff"
_HATCH, _STRIPE = 8, 3
"""Pixels from stripe to stripe, and of a stripe."""
UNREACHABLE_JA: Final = "到達不可（道でつながる先がない）"
NO_DATA_JA: Final = "データなし（近くに道路データがない）"
_NOISE: Final = 1e-6
"""Of a metre or second, as in ``maps.mesh_layer``: what floating point may add."""
_LEVEL: Final = 9


@dataclass(frozen=True, eq=False)
class Painted:
    """Cells by class: ``classes`` is ``(n,)`` uint8, an index of ``colours`` and ``labels``.

    The last two classes are "unreachable", whose colour is that of stripes on white, and "no
    data".
    """

    classes: NDArray[np.uint8]
    colours: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def unreachable(self) -> int:
        """The class "unreachable"."""
        return len(self.colours) - 2

    def people(self, population: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the people of each class; cells of unknown people count as nobody."""
        known = np.nan_to_num(np.asarray(population, dtype=np.float64))
        return np.bincount(self.classes, known, minlength=len(self.colours)).astype(np.float64)


def painted(indicator: Indicator) -> Painted:
    """Return the cells of an indicator by its classes, decided as the interactive map does."""
    count = len(indicator.colours)
    values = np.asarray(indicator.values, dtype=np.float64)
    known = (indicator.status == STATUS_OK) & ~np.isnan(values)
    out = np.full(len(values), count + 1, dtype=np.uint8)
    out[indicator.status == STATUS_UNREACHABLE] = count
    if indicator.kind == CLASS:
        out[known] = values[known].astype(np.uint8)
    else:
        out[known] = np.searchsorted(np.asarray(indicator.breaks) + _NOISE, values[known])
    return Painted(
        out,
        (*indicator.colours, UNREACHABLE_COLOUR, NO_DATA_COLOUR),
        (*indicator.class_labels_ja, UNREACHABLE_JA, NO_DATA_JA),
    )


def legend_rows(
    cells: Painted, population: NDArray[np.float64]
) -> list[tuple[int, float, float | None]]:
    """Return class, people and their share for each line of a legend.

    Unreachable and no data only where there are people of them. As in rates, shares leave out
    those without data, whose own share is None.
    """
    people = cells.people(population)
    no_data = cells.unreachable + 1
    known = float(people[:no_data].sum())
    return [
        (place, float(number), None if place == no_data or not known else float(number) / known)
        for place, number in enumerate(people.tolist())
        if place < cells.unreachable or number > 0
    ]


@dataclass(frozen=True, eq=False)
class Grid:
    """One pixel per cell, north up: ``image`` is 0 where there is no cell, else 1 + class.

    ``box`` is west, south, east, north in degrees.
    """

    image: NDArray[np.uint8]
    box: tuple[float, float, float, float]


def grid(codes: Sequence[str] | NDArray[np.object_], classes: NDArray[np.uint8]) -> Grid:
    """Return cells of one level as a picture over their own extent; there must be one cell."""
    row, col, _ = mesh.to_grid(codes)
    height, width = int(np.ptp(row)) + 1, int(np.ptp(col)) + 1
    image = np.zeros((height, width), dtype=np.uint8)
    image[row.max() - row, col - col.min()] = classes + 1
    bounds = mesh.bounds(codes)
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    return Grid(image, (west, south, east, north))


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the parts of "#rrggbb"."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def enlarged(
    image: NDArray[np.uint8], cells: Painted, times: int
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return a larger picture with unreachable cells in stripes, and its colours.

    Parameters
    ----------
    image
        ``(height, width)`` 0 for nothing, else 1 + class.
    times
        Each pixel becomes a square of so many, so that no viewer smooths cells into each other.

    Returns
    -------
    ndarray
        ``(times * height, times * width)`` 0 for nothing, else 1 + place in the colours.
    tuple of str
        Those of the cells, and white.
    """
    big = np.repeat(np.repeat(image, times, axis=0), times, axis=1)
    y, x = np.nonzero(big == cells.unreachable + 1)
    between = (x + y) % _HATCH >= _STRIPE
    colours = (*cells.colours, _WHITE)
    big[y[between], x[between]] = len(colours)
    return big, colours


def indexed_png(image: NDArray[np.uint8], colours: Sequence[str]) -> bytes:
    """Return ``image`` as a PNG with a palette (ISO/IEC 15948); 0 is transparent.

    ``image`` is ``(height, width)``, 0 for nothing, else 1 + place in ``colours``.
    """
    height, width = image.shape
    lines = np.zeros((height, width + 1), dtype=np.uint8)  # each line begins with "no filter"
    lines[:, 1:] = image
    palette = bytes(3) + b"".join(bytes(rgb(c)) for c in colours)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", palette),
            _chunk(b"tRNS", b"\x00"),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), _LEVEL)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
