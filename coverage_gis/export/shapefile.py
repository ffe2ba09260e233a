"""交通空白 layers as the shapefiles a transport planner hands in, with all that explains them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import OutputError
from coverage_gis.export import qml
from coverage_gis.export.csv import csv_bytes
from coverage_gis.export.dbf import DbfField, dbf_bytes, integer_field, real_field, text_fields
from coverage_gis.export.ogr import write_features, written
from coverage_gis.export.text import encode, is_text, plain_column
from coverage_gis.export.vacuum_fields import INTEGER, TEXT, VACUUM_FIELDS, Field
from coverage_gis.store.atomic import TEMP_PREFIX, sync_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coverage_gis.export.about import About

UTF8, CP932 = "utf-8", "cp932"
# GDAL, QGIS and ArcGIS read "932" as Windows' Shift_JIS; "SJIS" loses 髙, ㈱ and ① in GDAL.
_CPG: Final = {UTF8: "UTF-8", CP932: "932"}
_TEXT_LIMIT: Final = 1000


def write_vacuum_shp(
    vacuum: gpd.GeoDataFrame,
    out_dir: Path,
    pref_code: str,
    *,
    about: About,
    encoding: str = UTF8,
) -> list[Path]:
    """Write the polygons as ``vacuum_<PP>.shp`` with all companions; see :func:`write_shp`.

    Parameters
    ----------
    vacuum
        The columns of :data:`~coverage_gis.export.vacuum_fields.VACUUM_FIELDS` (those it has)
        and polygons, in any CRS.
    out_dir, pref_code, about, encoding
        As for :func:`write_shp`; the code is two digits, for the files' names.

    Returns
    -------
    list of Path
        The files written.
    """
    place = "PLACE_NAME" if schema.PLACE_NAME in vacuum else ""

    def style(aliases: Mapping[str, str]) -> str:
        return qml.vacuum_areas("MUNI_NAME", place, "POP", aliases=aliases)

    stem = f"vacuum_{pref_code}"
    fields = VACUUM_FIELDS
    return write_shp(vacuum, fields, out_dir / stem, style, about=about, encoding=encoding)


def write_shp(
    frame: gpd.GeoDataFrame,
    fields: Sequence[Field],
    stem: Path,
    style: Callable[[Mapping[str, str]], str],
    *,
    about: About,
    encoding: str = UTF8,
    geometry_type: str = "MultiPolygon",
) -> list[Path]:
    """Write ``STEM.shp, .shx, .dbf, .prj, .cpg, .qml``, its field table and a text.

    Nothing is cut: a text beyond DBF's 254 bytes goes on in a further field (``STOP_NAME2``).
    Numbers are rounded to the decimals of their field (hundredths of a person, centimetres);
    the GeoPackage has them whole. Null is blank. Control characters in texts become spaces. In
    CP932 a character the encoding has not becomes 〓, and the metadata text says how many. A text
    of more than 1,000 bytes (no real name) ends in "…"; the GeoPackage has it whole.

    Parameters
    ----------
    frame
        The columns of ``fields`` (those it has) and geometries, in any CRS.
    fields
        Columns to write, in order.
    stem
        Path without ending.
    style
        Field -> alias in, QML out.
    about
        For the metadata text.
    encoding
        "utf-8", or "cp932" for old ArcGIS.
    geometry_type
        "MultiPolygon" or "Point".

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        If there is no CRS, the encoding is another, or a file cannot be written.
    """
    if encoding not in _CPG:
        raise OutputError(f"A shapefile is written in utf-8 or cp932, not in '{encoding}'.")
    if frame.crs is None:
        raise OutputError("The features of the shapefile have no CRS.")
    there = [field for field in fields if field.column in frame.columns]
    cleaned = pd.DataFrame({f.column: _bounded(plain_column(frame[f.column])) for f in there})
    written_as = _written_as(cleaned, there, encoding)
    lost = _lost(cleaned, there, encoding)
    table = _field_table(there, written_as)
    aliases = dict(zip(table["field"], table["alias_ja"], strict=True))
    data = {
        ".dbf": dbf_bytes(
            [d for f in there for d in written_as[f.column]], len(frame), encoding=encoding
        ),
        ".cpg": _CPG[encoding].encode("ascii"),
        ".qml": style(aliases).encode("utf-8"),
        "_fields.csv": csv_bytes(table),
        "_readme.txt": _readme(about, table, encoding, lost),
    }
    return _write_files(frame, stem, data, geometry_type)


def _write_files(
    frame: gpd.GeoDataFrame, whole_stem: Path, data: dict[str, bytes], geometry_type: str
) -> list[Path]:
    out_dir, stem = whole_stem.parent, whole_stem.name
    target = out_dir / f"{stem}.shp"
    with written(target):
        out_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=TEMP_PREFIX, dir=out_dir))
        try:
            _write_shapes(frame, folder / target.name, geometry_type)
            for ending, content in data.items():
                (folder / f"{stem}{ending}").write_bytes(content)
            names = sorted(path.name for path in folder.iterdir())
            for name in names:
                sync_file(folder / name)
            for name in names:
                (folder / name).replace(out_dir / name)
            sync_folder(out_dir)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return [out_dir / name for name in names]


def _write_shapes(frame: gpd.GeoDataFrame, path: Path, geometry_type: str) -> None:
    """Write .shp, .shx and .prj with GDAL; its .dbf and .cpg are overwritten with ours."""
    bare = gpd.GeoDataFrame(
        {"N": range(len(frame))}, geometry=frame.geometry.to_numpy(), crs=frame.crs
    )
    write_features(bare, path, driver="ESRI Shapefile", geometry_type=geometry_type)
    for file in (path, path.with_suffix(".shx")):
        content = file.read_bytes()
        if len(content) != 2 * int.from_bytes(content[24:28], "big"):
            raise OutputError(f"The disk is full: {path.name} could not be written whole.")


def _written_as(
    frame: pd.DataFrame, fields: list[Field], encoding: str
) -> dict[str, list[DbfField]]:
    out = {}
    for f in fields:
        values = frame[f.column]
        if f.kind == TEXT:
            out[f.column] = text_fields(f.shp, values, width=f.width, encoding=encoding)
        elif f.kind == INTEGER:
            out[f.column] = [integer_field(f.shp, values, width=f.width)]
        else:
            out[f.column] = [real_field(f.shp, values, width=f.width, decimals=f.decimals)]
    return out


def _bounded(values: pd.Series) -> pd.Series:
    """Return a text column whose values are not beyond reason; nobody's stop is called that."""
    if not is_text(values):
        return values
    long = {v: _cut(v) for v in values.dropna().unique() if len(v.encode()) > _TEXT_LIMIT}
    return values.replace(long) if long else values


def _cut(text: str) -> str:
    return text.encode()[: _TEXT_LIMIT - 3].decode("utf-8", "ignore").rstrip() + "…"


def _lost(frame: pd.DataFrame, fields: list[Field], encoding: str) -> int:
    """Count the texts that have a character ``encoding`` has not."""
    texts = [v for f in fields if f.kind == TEXT for v in frame[f.column].dropna().unique()]
    return sum(not encode(text, encoding)[1] for text in texts)


def _field_table(fields: list[Field], written_as: dict[str, list[DbfField]]) -> pd.DataFrame:
    """Return one row per DBF field: its name, alias, unit, size and meaning."""
    rows = [
        (
            d.name,
            f.alias_ja if k == 0 else f"{f.alias_ja}（続き{k + 1}）",
            f.column,
            f.kind,
            f.unit,
            d.width,
            d.decimals,
            f.meaning,
        )
        for f in fields
        for k, d in enumerate(written_as[f.column])
    ]
    names = ["field", "alias_ja", "column", "type", "unit", "width", "decimals", "meaning_ja"]
    return pd.DataFrame(rows, columns=names)


def _readme(about: About, table: pd.DataFrame, encoding: str, lost: int) -> bytes:
    """Return the metadata text, in UTF-8 with BOM and CRLF, as Windows' Notepad likes it."""
    lines = about.lines()
    lines += ["", f"■ 文字コード: {_CPG[encoding]}"]
    if lost:
        lines.append(
            f"・CP932に無い文字を〓に置き換えた名称が{lost}件あります（GeoPackageは全文字）。"
        )
    lines += [
        "・空欄は「不明」または「該当なし」です（数値の空欄を0と表示するソフトがあります）。",
        "・数値は人口を0.01人、距離を1 cmに丸めています（GeoPackageは丸めない値）。",
    ]
    lines += ["", "■ 属性（フィールド）"]
    lines += [
        f"{name}\t{alias}{f' [{unit}]' if unit else ''}\t{meaning}"
        for name, alias, unit, meaning in zip(
            table["field"], table["alias_ja"], table["unit"], table["meaning_ja"], strict=True
        )
    ]
    return b"\xef\xbb\xbf" + ("\r\n".join(lines) + "\r\n").encode("utf-8")
