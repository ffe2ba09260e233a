"""Everything about 交通空白 areas that goes into one folder: shapefile and GeoPackage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.export import qml
from coverage_gis.export.geopackage import Layer, write_gpkg
from coverage_gis.export.labels import VACUUM_LABELS
from coverage_gis.export.shapefile import UTF8, write_vacuum_shp
from coverage_gis.export.vacuum_fields import VACUUM_FIELDS

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from coverage_gis.export.about import About

_LABEL = "concat(\"muni_name\", '\\n', format_number(\"population\", 0), '人')"


def write_vacuum(
    vacuum: gpd.GeoDataFrame,
    out_dir: Path,
    pref_code: str,
    *,
    about: About,
    encoding: str = UTF8,
) -> list[Path]:
    """Write ``vacuum_<PP>.shp`` with companions, and ``vacuum_<PP>.gpkg``.

    Parameters and errors are those of :func:`coverage_gis.export.shapefile.write_vacuum_shp`.

    Returns
    -------
    list of Path
        The files written.
    """
    files = write_vacuum_shp(vacuum, out_dir, pref_code, about=about, encoding=encoding)
    path = out_dir / f"vacuum_{pref_code}.gpkg"
    known = [field.column for field in VACUUM_FIELDS if field.column in vacuum.columns]
    style = qml.single(
        qml.VACUUM_FILL,
        aliases={column: VACUUM_LABELS[column].alias_ja for column in known},
        label=_LABEL,
    )
    layer = Layer(
        vacuum[[*known, vacuum.geometry.name]],
        labels=VACUUM_LABELS,
        style=style,
        geometry_type="MultiPolygon",
    )
    write_gpkg({f"vacuum_{pref_code}": layer}, path, about=about)
    return [*files, path]
