"""What the sheets of the workbook share: Japanese names, and columns of areas and cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coverage_gis import schema
from coverage_gis.export.xlsx import SheetColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from pipelines.stage import StageContext

AREA: Final = [schema.AREA_LEVEL, schema.AREA_CODE]
LEVELS: Final = {
    schema.PREFECTURE: "県",
    schema.MUNICIPALITY: "市町村",
    schema.WARD: "区",
    schema.MEDICAL_AREA: "二次医療圏",
}
AGES: Final = {
    "total": "全年齢",
    "0to14": "0〜14歳",
    "15to64": "15〜64歳",
    "65plus": "65歳以上",
    "75plus": "75歳以上",
}
MODES: Final = {schema.WALK: "徒歩", schema.DRIVE: "自動車"}
METRICS: Final = {schema.ROAD: "道のり", schema.STRAIGHT: "直線距離"}
UNITS: Final = {"m": " m", "min": "分"}


def area_columns(areas: pd.DataFrame, heads: int) -> list[SheetColumn]:
    """Return the columns that name the areas, below empty heads."""
    above = ("",) * (heads - 1)
    return [
        SheetColumn((*above, "区分"), [LEVELS[v] for v in areas[schema.AREA_LEVEL]], width=11),
        SheetColumn((*above, "コード"), list(areas[schema.AREA_CODE]), width=8),
        SheetColumn((*above, "名称"), list(areas[schema.AREA_NAME])),
    ]


def case_columns(ctx: StageContext, table: pd.DataFrame) -> list[SheetColumn]:
    """Return the columns that say which rate: service, cutoff and preset."""
    services, presets = ctx.settings.services, ctx.settings.coverage_presets
    cutoffs = [
        f"{MODES[m]} {c:,.0f}{UNITS[u]}"
        for m, c, u in zip(
            table[schema.MODE], table[schema.CUTOFF], table[schema.CUTOFF_UNIT], strict=True
        )
    ]
    return [
        SheetColumn(("サービス",), [services[v].label_ja for v in table[schema.SERVICE]], width=24),
        SheetColumn(("圏域",), cutoffs),
        SheetColumn(("基準",), [presets[v].label_ja for v in table[schema.PRESET]], width=32),
    ]


def by_area(rows: pd.DataFrame, areas: pd.DataFrame, column: str) -> list[Any]:
    """Return a column's values in the order of the areas; none of no rows."""
    if rows.empty:
        return []
    # Hundreds of columns of a few dozen areas: a dict is made sooner than an index.
    values = rows[column].to_numpy(dtype=np.float64)
    first: dict[tuple[str, str], np.float64] = {}
    for key, value in zip(_keys(rows), values, strict=True):
        first.setdefault(key, value)
    return [first.get(key, np.float64(np.nan)) for key in _keys(areas)]


def _keys(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    return zip(*(rows[name].tolist() for name in AREA), strict=True)


def total_rows(areas: pd.DataFrame) -> frozenset[int]:
    """Return the rows of whole prefectures."""
    return frozenset(np.flatnonzero(areas[schema.AREA_LEVEL] == schema.PREFECTURE).tolist())
