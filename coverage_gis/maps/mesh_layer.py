"""A Folium layer of mesh cells, coloured by one of many indicators, small enough to open at once.

Rectangles are not shipped: mesh codes are, as differences of sorted grid positions, and
each indicator as one small integer per cell. ``templates/mesh_tiles.js`` draws them on canvas
tiles and ``mesh.js`` finds the cell under the mouse by binary search.

How values become integers (0 is "no data" and 1 "unreachable" in every column):

* distances and times: rounded up to whole metres and seconds, so that ``value <= cutoff`` is
  decided as in the tables for every whole cutoff;
* shares: exactly, as places in a table of the distinct values;
* classes: as they are; people: as they are where whole, else to 1/100.

A column that is there already (the share within 500 m is an indicator, and what another one counts
people by) is shipped once.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from folium.map import Layer
from folium.template import Template

from coverage_gis.codes import mesh
from coverage_gis.maps import assets
from coverage_gis.maps.model import (
    CLASS,
    COUNT,
    PEOPLE,
    SHARE,
    STATUS_OK,
    STATUS_UNREACHABLE,
    Indicator,
    Within,
    english,
)
from coverage_gis.maps.packing import Pack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

RUNTIME = ("bytes.js", "mesh.js", "mesh_tiles.js")
"""Our scripts that the layer needs, in order."""

_NO_DATA, _UNREACHABLE, _FIRST = 0, 1, 2
_NOISE = 1e-6
"""Of a metre or second: what floating point may add to a whole number."""
_FRACTION_SCALE = 100


class MeshLayer(Layer):
    """Mesh cells of one level (1 km to 125 m) as a Folium layer.

    In the page the layer is a ``L.GridLayer`` with the methods of ``templates/mesh_tiles.js``.

    Parameters
    ----------
    mesh_codes
        ``(n,)`` in any order, each once, all of one level.
    people
        Name ("total", "65plus", "75plus") -> ``(n,)`` people, NaN where unknown. Those of a year
        to come have the year behind a colon: "total:2050".
    indicators
        What the cells can be coloured by; the first is shown at the start.
    muni_index
        ``(n,)`` place of each cell's municipality in the page's list, -1 for none.
    name
        What a layer control calls it.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = CoverageGis.meshLayer({{ this.payload|tojson }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        mesh_codes: Sequence[str] | NDArray[np.object_],
        people: Mapping[str, NDArray[np.float64]],
        indicators: Sequence[Indicator],
        *,
        muni_index: NDArray[np.int64] | None = None,
        name: str = "地域メッシュ",
        show: bool = True,
    ) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name = "MeshLayer"
        self.payload = payload(mesh_codes, people, indicators, muni_index)
        west, south, east, north = _extent(mesh_codes)
        self._box = [[south, west], [north, east]]

    def render(self, **kwargs: Any) -> str:
        """Add our scripts to the page's head, once, and the layer to its script."""
        header = assets.figure_of(self).header
        for file in RUNTIME:
            header.add_child(assets.script(assets.template_text(file)), name=f"coverage_gis_{file}")
        super().render(**kwargs)  # type: ignore[no-untyped-call]  # branca does not annotate it
        return ""  # what it draws went into the page's parts

    def _get_self_bounds(self) -> list[list[float | None]]:
        """Return [[south, west], [north, east]], as branca asks."""
        return [list(corner) for corner in self._box]


def payload(
    mesh_codes: Sequence[str] | NDArray[np.object_],
    people: Mapping[str, NDArray[np.float64]],
    indicators: Sequence[Indicator],
    muni_index: NDArray[np.int64] | None,
) -> str:
    """Return cells and columns packed as text (see the module and ``packing``)."""
    row, col, level = mesh.to_grid(mesh_codes)
    row0, col0 = int(row.min()), int(col.min())
    width = int(col.max()) - col0 + 1
    keys = (row - row0) * width + (col - col0)
    order = np.argsort(keys, kind="stable")
    pack = Pack()
    scales = {name: _scale(values) for name, values in people.items()}
    columns = _Columns(pack, order)
    described = [_describe(indicator, columns) for indicator in indicators]
    pack.json(
        "meta",
        {
            "digits": level.digits,
            "rowsPerDegree": level.rows_per_degree,
            "colsPerDegree": level.cols_per_degree,
            "row0": row0,
            "col0": col0,
            "width": width,
            "scales": scales,
            "people": list(people),
            "muni": muni_index is not None,
            "indicators": described,
        },
    )
    pack.ints("keys", keys[order])
    for name, values in people.items():
        pack.ints(f"people_{name}", _scaled(values, scales[name])[order])
    if muni_index is not None:
        pack.ints("muni", muni_index[order] + 1)
    return pack.text()


class _Columns:
    """The columns of a pack, each distinct one once; ``order`` is that of the cells there."""

    def __init__(self, pack: Pack, order: NDArray[np.int64]) -> None:
        self._pack, self._order = pack, order
        self._names: dict[bytes, str] = {}

    def add(self, values: NDArray[np.int64]) -> str:
        """Return the name of a column of these values."""
        key = hashlib.sha256(values.tobytes()).digest()
        if key not in self._names:
            self._names[key] = f"v{len(self._names)}"
            self._pack.ints(self._names[key], values[self._order])
        return self._names[key]


def _describe(indicator: Indicator, columns: _Columns) -> dict[str, Any]:
    """Return what the page is told of an indicator; its columns go into the pack."""
    known = (indicator.status == STATUS_OK) & ~np.isnan(indicator.values)
    out = np.full(len(known), _NO_DATA, dtype=np.int64)
    out[indicator.status == STATUS_UNREACHABLE] = _UNREACHABLE
    values = indicator.values[known]
    scale = _scale(values) if indicator.kind == COUNT else 1
    table: list[float] = []
    if indicator.kind == SHARE:
        table, out = _shares(np.where(known, indicator.values, np.nan), out)
    elif indicator.kind == CLASS:
        out[known] = _FIRST + values.astype(np.int64)
    elif indicator.kind == COUNT:
        out[known] = _FIRST + np.rint(values * scale).astype(np.int64)
    else:
        out[known] = _FIRST + np.ceil(values - _NOISE).clip(0).astype(np.int64)
    return {
        "key": indicator.key,
        "label": indicator.label_ja,
        "labelEn": indicator.label_en or english(indicator.label_ja),
        "group": indicator.group,
        "subject": indicator.subject_ja,
        "subjectEn": indicator.subject_en or english(indicator.subject_ja),
        "view": indicator.view_ja,
        "viewEn": indicator.view_en or english(indicator.view_ja),
        "kind": indicator.kind,
        "breaks": list(indicator.breaks),
        "colours": list(indicator.colours),
        "labels": list(indicator.class_labels_ja),
        "labelsEn": [english(label) for label in indicator.class_labels_ja],
        "cutoff": indicator.cutoff,
        "note": indicator.note_ja,
        "noteEn": english(indicator.note_ja),
        "counted": indicator.counted_ja,
        "countedEn": english(indicator.counted_ja),
        "table": table,
        "scale": scale,
        "column": None if indicator.key == PEOPLE else columns.add(out),
        "within": [_within(within, columns) for within in indicator.within],
    }


def _within(within: Within, columns: _Columns) -> dict[str, Any]:
    """Return what the page is told of a preset's cutoff."""
    no_data = np.full(len(within.shares), _NO_DATA, dtype=np.int64)
    table, column = _shares(np.asarray(within.shares, dtype=np.float64), no_data)
    return {
        "cutoff": within.cutoff,
        "label": within.label_ja,
        "labelEn": within.label_en,
        "table": table,
        "column": columns.add(column),
    }


def _shares(
    shares: NDArray[np.float64], out: NDArray[np.int64]
) -> tuple[list[float], NDArray[np.int64]]:
    """Return the distinct shares, and ``out`` with the places of those that are known."""
    known = ~np.isnan(shares)
    distinct, place = np.unique(shares[known], return_inverse=True)
    column = out.copy()
    column[known] = _FIRST + place
    return distinct.tolist(), column


def _scale(values: NDArray[np.float64]) -> int:
    """Return 1 where all numbers are whole, else the parts that one is counted in."""
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    return _FRACTION_SCALE if (known != np.rint(known)).any() else 1


def _scaled(values: NDArray[np.float64], scale: int) -> NDArray[np.int64]:
    """Return 1 + people * scale, 0 where unknown."""
    numbers: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    unknown = np.isnan(numbers)
    return np.where(unknown, 0, 1 + np.rint(np.where(unknown, 0, numbers) * scale)).astype(np.int64)


def _extent(mesh_codes: Sequence[str] | NDArray[np.object_]) -> tuple[float, float, float, float]:
    """Return west, south, east, north of all cells in degrees."""
    box = mesh.bounds(mesh_codes)
    west, south = box[:, :2].min(axis=0).tolist()
    east, north = box[:, 2:].max(axis=0).tolist()
    return west, south, east, north
