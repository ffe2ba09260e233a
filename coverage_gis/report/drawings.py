"""Maps of the report as inline SVG: cells as one picture, outlines and places as shapes."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from coverage_gis.report.cells import enlarged, grid, indexed_png
from coverage_gis.report.frames import Frame, framed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from coverage_gis.report.cells import Painted
    from coverage_gis.report.frames import Box

_LEAST_PIXELS: Final = 700
"""Cells are enlarged until a picture is about that wide: sharp on paper, still small."""
_TENTH: Final = 10


def cells_image(
    codes: NDArray[np.object_], painted: Painted, frame: Frame, chosen: NDArray[np.bool_]
) -> str:
    """Return the chosen cells as an SVG image element, or "" if there are none."""
    if not chosen.any():
        return ""
    picture = grid(codes[chosen], painted.classes[chosen])
    times = max(1, round(_LEAST_PIXELS / max(picture.image.shape)))
    png = indexed_png(*enlarged(picture.image, painted, times))
    west, south, east, north = picture.box
    (left, top), (right, bottom) = frame.xy(np.array([[west, north], [east, south]])).tolist()
    return (
        f'<image x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" '
        f'height="{bottom - top:.2f}" preserveAspectRatio="none" class="cells" '
        f'href="data:image/png;base64,{base64.b64encode(png).decode("ascii")}"/>'
    )


def outline(shapes: Iterable[object], frame: Frame, css: str) -> str:
    """Return polygons as one path element, to a tenth of a unit."""
    parts = []
    for polygon in shapely.get_parts(np.array(list(shapes), dtype=object)).tolist():
        if not isinstance(polygon, shapely.Polygon) or polygon.is_empty:
            continue
        rings = (polygon.exterior, *polygon.interiors)
        parts += [_ring(frame.xy(shapely.get_coordinates(ring)[:-1])) for ring in rings]
    path = "".join(parts)
    return f'<path class="{css}" d="{path}"/>' if path else ""


def dots(lon: NDArray[np.float64], lat: NDArray[np.float64], frame: Frame, css: str) -> str:
    """Return places as one path element of round dots (a stroke's round caps)."""
    at = frame.xy(np.column_stack([lon, lat]))
    inside = ((at >= 0) & (at <= [frame.width, frame.height])).all(axis=1)
    places = np.unique(np.rint(at[inside] * _TENTH).astype(np.int64), axis=0) / _TENTH
    path = "".join(f"M{x:g} {y:g}h0" for x, y in places.tolist())
    return f'<path class="{css}" d="{path}"/>' if path else ""


def scale_bar(frame: Frame) -> str:
    """Return a scale bar in the lower left corner and an arrow to the north above it."""
    length_m = frame.bar_m()
    width = length_m / frame.metres() * frame.width
    y = frame.height - 8
    label = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    return (
        f'<g class="bar"><path d="M8 {y - 4:.1f}v4h{width:.1f}v-4"/>'
        f'<text x="{12 + width:.1f}" y="{y:.1f}">{label}</text>'
        f'<path class="north" d="M14 {y - 34:.1f}l5 16l-5 -4l-5 4z"/>'
        f'<text x="14" y="{y - 36:.1f}" text-anchor="middle">N</text></g>'
    )


def drawing(frame: Frame, label: str, parts: Sequence[str]) -> str:
    """Return an SVG of some parts, with a description for those who do not see it."""
    return (
        f'<svg class="map" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {frame.width:.1f} {frame.height:.1f}" '
        f'width="{frame.width:.0f}" height="{frame.height:.0f}">' + "".join(parts) + "</svg>"
    )


def frame_of(box: Box, width: float, height: float) -> Frame:
    """Return the frame of a drawing of at most ``width`` by ``height`` pixels."""
    return framed(box, width, height)


def _ring(points: NDArray[np.float64]) -> str:
    """Return a closed ring, tenths of a unit, relative moves; points that coincide once."""
    steps = np.rint(points * _TENTH).astype(np.int64)
    moves = np.diff(steps, axis=0)
    moves = moves[(moves != 0).any(axis=1)]
    if len(moves) < 2:
        return ""
    x, y = (steps[0] / _TENTH).tolist()
    body = "".join(f"l{a:g} {b:g}" for a, b in (moves / _TENTH).tolist())
    return f"M{x:g} {y:g}{body}z"
