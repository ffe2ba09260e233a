"""Frames: which part of the earth a drawing shows, at what scale, and how long its scale bar is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis import crs
from coverage_gis.codes import mesh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ROUND: Final = (1, 2, 5)
_EDGE: Final = 0.0025
"""Share of the people on each side that may lie beyond the frame where that halves it."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True)
class Frame:
    """Degrees to drawing units: equal scales at the middle latitude (fit for a prefecture).

    ``width`` and ``height`` are the drawing's; what lies outside ``box`` is cut off.
    """

    box: Box
    width: float
    height: float

    def xy(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(n, 2)`` drawing coordinates, y downwards, of ``(n, 2)`` lon, lat."""
        west, south, east, north = self.box
        scaled = (points - [west, north]) * [
            self.width / (east - west),
            self.height / (south - north),
        ]
        return np.asarray(scaled, dtype=np.float64)

    def metres(self) -> float:
        """Return the width of the drawing in metres, at its middle."""
        west, south, east, north = self.box
        middle = (south + north) / 2
        return float(crs.geodesic_m([west], [middle], [east], [middle])[0])

    def bar_m(self, share: float = 0.3) -> float:
        """Return a round length in metres, at most ``share`` of the width."""
        top = self.metres() * share
        power = 10.0 ** np.floor(np.log10(top))
        return float(max(n * power for n in _ROUND if n * power <= top))


def framed(box: Box, width: float, height: float, margin: float = 0.03) -> Frame:
    """Return the largest frame around ``box`` of at most ``width`` by ``height`` units."""
    west, south, east, north = box
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    across, up = (east - west) * squeeze, north - south
    scale = min(width / across, height / up) * (1 - 2 * margin)
    pad = margin * max(across, up)
    across, up = across + 2 * pad, up + 2 * pad
    scale = min(width / across, height / up)
    return Frame(
        (west - pad / squeeze, south - pad, east + pad / squeeze, north + pad),
        across * scale,
        up * scale,
    )


def box_of(codes: Sequence[str] | NDArray[np.object_]) -> Box:
    """Return the extent of all cells."""
    bounds = mesh.bounds(codes)
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def main_box(codes: Sequence[str] | NDArray[np.object_], population: NDArray[np.float64]) -> Box:
    """Return the extent of the cells, without far islets if they would make the rest small.

    As on the interactive map: Tokyo's islands reach 1,000 km into the Pacific.
    """
    whole = box_of(codes)
    lon, lat = mesh.centroids(codes)
    people = np.nan_to_num(np.asarray(population, dtype=np.float64))
    if not people.sum():
        return whole
    inside = np.ones(len(lon), dtype=bool)
    for place in (lon, lat):
        order = np.argsort(place, kind="stable")
        share = np.cumsum(people[order]) / people.sum()
        low = place[order[np.searchsorted(share, _EDGE)]]
        high = place[order[min(int(np.searchsorted(share, 1 - _EDGE)), len(order) - 1)]]
        inside &= (place >= low) & (place <= high)
    if not inside.any():
        return whole
    main = box_of(np.asarray(codes, dtype=object)[inside])
    return main if _size(main) < _size(whole) / 2 else whole


def _size(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1])
