"""Compiled: a uniform grid over segments, and the nearest segment to a point, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@compiled
def fill_grid(ends: Floats, frame: Floats, n_x: int, n_y: int) -> tuple[Ints, NDArray[np.int32]]:
    """Return the segments in each cell as (first, member): those of cell c are
    ``member[first[c]:first[c + 1]]``, ascending.

    Parameters
    ----------
    ends
        lon, lat, lon, lat of each segment, (S, 4).
    frame
        West, south, and the width and height of a cell, degrees.
    n_x, n_y
        Cells eastward and northward; cell = row * n_x + column.
    """  # noqa: D205 - one sentence, two lines
    west, south, width, height = frame
    first = np.zeros(n_x * n_y + 1, np.int64)
    member = np.empty(0, np.int32)
    # Twice the same walk: count, then place.
    for turn in range(2):
        if turn == 1:
            for i in range(n_x * n_y):
                first[i + 1] += first[i]
            member = np.empty(first[-1], np.int32)
        for s in range(len(ends)):
            x1, y1, x2, y2 = ends[s]
            x1, x2 = (x1 - west) / width, (x2 - west) / width
            y1, y2 = (y1 - south) / height, (y2 - south) / height
            if y1 > y2:
                x1, y1, x2, y2 = x2, y2, x1, y1
            for row in range(max(int(y1 - 1e-6), 0), min(int(y2 + 1e-6), n_y - 1) + 1):
                # the part of the segment within this row, a hair widened against rounding
                a, b = x1, x2
                if y2 > y1:
                    low = max((row - 1e-6 - y1) / (y2 - y1), 0.0)
                    high = min((row + 1 + 1e-6 - y1) / (y2 - y1), 1.0)
                    a, b = x1 + low * (x2 - x1), x1 + high * (x2 - x1)
                if a > b:
                    a, b = b, a
                for column in range(max(int(a - 1e-6), 0), min(int(b + 1e-6), n_x - 1) + 1):
                    cell = row * n_x + column
                    if turn == 0:
                        first[cell + 1] += 1
                    else:
                        member[first[cell]] = s
                        first[cell] += 1
    first[1:] = first[:-1].copy()
    first[0] = 0
    return first, member


@compiled
def nearest_segments(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    points: Floats,
    ends: Floats,
    frame: Floats,
    n_x: int,
    n_y: int,
    first: Ints,
    member: NDArray[np.int32],
) -> tuple[Ints, Floats]:
    """Return for each point its nearest segment (-1 without one within reach) and where on it.

    Rings of cells are searched outward until nothing outside them can be nearer. Lengths are
    planar in the tangent plane at the point; of equally near segments the first wins.

    Parameters
    ----------
    points
        lon, lat, metres per degree of lon and of lat, reach in metres, (P, 5).
    ends, frame, n_x, n_y, first, member
        As for and from `fill_grid`.

    Returns
    -------
    tuple of arrays
        Segment and fraction along it (0 to 1) of the foot, each (P,).
    """
    west, south, width, height = frame
    found = np.full(len(points), -1, np.int64)
    fraction = np.zeros(len(points), np.float64)
    for p in range(len(points)):
        lon, lat, per_lon, per_lat, reach = points[p]
        column = int(np.floor((lon - west) / width))
        row = int(np.floor((lat - south) / height))
        best, best_s, best_t = reach * reach, -1, 0.0
        ring = 0
        while True:
            for y in range(max(row - ring, 0), min(row + ring, n_y - 1) + 1):
                step = 1 if ring == 0 or abs(y - row) == ring else 2 * ring
                # whole rows at top and bottom; elsewhere the two cells at the sides
                for x in range(column - ring, column + ring + 1, step):
                    if x < 0 or x >= n_x:
                        continue
                    cell = y * n_x + x
                    for i in range(first[cell], first[cell + 1]):
                        s = member[i]
                        ax = (ends[s, 0] - lon) * per_lon
                        ay = (ends[s, 1] - lat) * per_lat
                        bx = (ends[s, 2] - lon) * per_lon
                        by = (ends[s, 3] - lat) * per_lat
                        dx, dy = bx - ax, by - ay
                        square = dx * dx + dy * dy
                        t = -(ax * dx + ay * dy) / square if square > 0.0 else 0.0
                        if t <= 0.0:
                            t, fx, fy = 0.0, ax, ay
                        elif t >= 1.0:
                            t, fx, fy = 1.0, bx, by
                        else:
                            fx, fy = ax + t * dx, ay + t * dy
                        far = fx * fx + fy * fy
                        if far < best or (far == best and (best_s < 0 or s < best_s)):
                            best, best_s, best_t = far, s, t
            # how far the nearest side of the searched block is
            clear = min(
                (lon - (west + (column - ring) * width)) * per_lon,
                (west + (column + ring + 1) * width - lon) * per_lon,
                (lat - (south + (row - ring) * height)) * per_lat,
                (south + (row + ring + 1) * height - lat) * per_lat,
            )
            if clear > 0.0 and clear * clear > best:
                break
            if (
                column - ring <= 0
                and row - ring <= 0
                and column + ring >= n_x - 1
                and row + ring >= n_y - 1
            ):
                break
            ring += 1
        found[p] = best_s
        fraction[p] = best_t
    return found, fraction
