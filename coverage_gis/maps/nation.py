"""The map of several prefectures: municipalities at once, cells of a prefecture when asked for.

A page opened from a disk may not fetch files, but it may run scripts: the cells of each
prefecture are a classic script of their own (``cells/16.js``) that hands its pack to the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from jinja2 import Environment

from coverage_gis.maps import assets, classes, outlines
from coverage_gis.maps.mesh_layer import payload
from coverage_gis.maps.packing import Pack, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_gis.maps.model import Indicator, SourceNote

THINNED_DEGREES: Final = 0.004
"""How far an outline may leave the true one at the scale of the country: about 400 m."""
SMALLEST_DEGREES2: Final = 2e-4
"""Islets below it (about 2 km²) are left out of a municipality that has anything larger."""
RUNTIME: Final = ("bytes.js", "mesh.js", "mesh_tiles.js", "format.js", "nation.js")
RATE_BREAKS: Final = (0.2, 0.4, 0.6, 0.8)
"""Inclusive upper limits of the classes of rates, for the eye."""
RATE_COLOURS: Final = ("#d7191c", "#fdae61", "#ffffbf", "#abd9e9", "#2c7bb6")


@dataclass(frozen=True)
class Rate:
    """What municipalities can be coloured by: a column of the areas, and its label."""

    column: str
    label_ja: str
    label_en: str


@dataclass(frozen=True, eq=False)
class PrefectureCells:
    """The cells of a prefecture: codes, people and one indicator for each rate, None without."""

    code: str
    name_ja: str
    page: str
    mesh_codes: NDArray[np.object_]
    population: NDArray[np.float64]
    indicators: Sequence[Indicator | None]


@dataclass(frozen=True, eq=False)
class NationContent:
    """All that the page shows.

    Attributes
    ----------
    title_ja
        Of the page.
    areas
        Municipalities with ``area_code``, ``area_name``, ``population``, ``population_no_road``
        and the rates' columns.
    rates
        In the order of the selector.
    prefectures
        With their cells; ``page`` is the relative path of the prefecture's own map.
    totals
        Rate column -> the rate of all people together.
    lead_ja
        What nobody must overlook: sentences beside the figure, always shown.
    few_people
        A municipality in whose rate fewer people count is not coloured.
    notes_ja
        Sentences under the legend, shown when asked for.
    sources
        Attributions.
    """

    title_ja: str
    areas: gpd.GeoDataFrame
    rates: Sequence[Rate]
    prefectures: Sequence[PrefectureCells]
    totals: Mapping[str, float]
    lead_ja: Sequence[str]
    few_people: float
    notes_ja: Sequence[str]
    sources: Sequence[SourceNote]


def write_nation(content: NationContent, folder: Path) -> None:
    """Write ``index.html`` and ``cells/PP.js``; the same content gives the same bytes."""
    (folder / "cells").mkdir(parents=True, exist_ok=True)
    html = _page(content)
    assets.check_offline(html)
    (folder / "index.html").write_text(html, encoding="utf-8", newline="\n")
    for pref in content.prefectures:
        script = cells_script(pref)
        path = folder / "cells" / f"{pref.code}.js"
        path.write_text(script, encoding="utf-8", newline="\n")


def cells_script(pref: PrefectureCells) -> str:
    """Return the script that gives a prefecture's cells to the page."""
    there = [i for i in pref.indicators if i is not None]
    # People come last, so that there is something to draw where there is no indicator.
    drawn = [*there, classes.people(pref.population)]
    pack = payload(pref.mesh_codes, {"total": pref.population}, drawn, None)
    places = iter(range(len(there)))
    order = [None if i is None else next(places) for i in pref.indicators]
    return f"CoverageGis.nation.cells({to_json(pref.code)}, {to_json(order)}, {to_json(pack)});\n"


def _page(content: NationContent) -> str:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(assets.template_text("nation.html"))
    code = "\n".join(assets.template_text(name) for name in RUNTIME)
    return template.render(
        content=content,
        styles=assets.style(assets.leaflet_css() + assets.template_text("nation.css")).text,
        scripts=assets.script(assets.leaflet_js() + "\n" + code).text,
        start=assets.script(f'CoverageGis.nation.start("{_pack(content)}");').text,
    )


def _pack(content: NationContent) -> str:
    areas = content.areas.sort_values("area_code", kind="stable")
    known = areas[areas.geometry.notna()]
    shapes = outlines.thinned(known.geometry, THINNED_DEGREES, SMALLEST_DEGREES2)
    pack = Pack()
    pack.json(
        "meta",
        {
            "scale": outlines.SCALE,
            "breaks": list(RATE_BREAKS),
            "colours": list(RATE_COLOURS),
            "fewPeople": content.few_people,
            "credits": "; ".join(dict.fromkeys(s.attribution for s in content.sources)),
            "rates": [
                {
                    "label": rate.label_ja,
                    "labelEn": rate.label_en,
                    "total": _number(content.totals.get(rate.column)),
                }
                for rate in content.rates
            ],
            "prefs": [
                {"code": p.code, "name": p.name_ja, "page": p.page} for p in content.prefectures
            ],
        },
    )
    pack.json("codes", known["area_code"].tolist())
    pack.json("names", known["area_name"].tolist())
    pack.json("people", [_number(v) for v in known["population"]])
    counted = known["population"] - known["population_no_road"].fillna(0.0)
    pack.json("counted", [_number(v) for v in counted])
    pack.json("rates", [[_number(v) for v in known[rate.column]] for rate in content.rates])
    pack.json("rings", [outlines.rings(shape) for shape in shapes])
    return pack.text()


def _number(value: Any) -> float | None:
    """Return a number as a page needs it, None for an unknown one."""
    if value is None or np.isnan(value):
        return None
    return float(f"{float(value):.6g}") if abs(value) < 1 else round(float(value), 3)
