"""The national results: one table of all areas, totals, a workbook, a map, and their record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from coverage_gis import schema
from coverage_gis.coverage.nation import (
    cells_of_several,
    check_counted_once,
    check_totals,
    national_totals,
    rate_column,
    reached_by_roads,
    with_ranks,
)
from coverage_gis.export.csv import write_csv
from coverage_gis.export.parquet import write_table
from coverage_gis.maps.nation import write_nation
from coverage_gis.store.hashing import sha256_file
from coverage_gis.store.publish import publishing
from pipelines.japan.gather import gather
from pipelines.japan.national_map import ALL_BUT_EVERYBODY, national_content
from pipelines.japan.workbook import write_japan
from pipelines.keys import plain, versions
from pipelines.publication import RUN_RECORD
from pipelines.validate_run import RESULT, compare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_gis.settings import Settings
    from pipelines.japan.gather import Gathered
    from pipelines.japan.options import JapanOptions
    from pipelines.japan.tasks import Failure, Published

AREAS, COVERAGE = "areas", "coverage"
"""Folders of Parquet, a folder ``pref=PP`` for each prefecture in them."""


def write_results(
    options: JapanOptions,
    settings: Settings,
    published: Sequence[Published],
    failures: Sequence[Failure],
) -> list[str]:
    """Put the national tables and map in place, and return what to say of them.

    Raises
    ------
    ConservationError
        If municipalities do not add up to prefectures, or prefectures to the country.
    InputError
        If prefectures count the same people.
    """
    nation = gather(options, published)
    check_counted_once(nation.cells)
    people = check_totals(nation.coverage)
    totals = national_totals(nation.coverage)
    ranked = ranked_columns(nation.coverage, by_road=options.one.by_road)
    areas = with_ranks(nation.areas, ranked)
    shared_cells, shared_people = cells_of_several(nation.cells)
    record = _record(nation, published, failures, settings)
    record["totals"] = {
        "population": people,
        "cells_in_several_prefectures": shared_cells,
        "population_in_such_cells": shared_people,
    }
    compared = compare(options.one.out, options.reference) if options.reference else None
    with publishing(options.out_dir, options.maps_dir, last=(RUN_RECORD,)) as staging:
        home = staging.folder(options.out_dir)
        _write_tables(home, nation, areas, totals)
        if compared is not None:
            write_csv(compared, home / RESULT)
        write_japan(
            home / "japan.xlsx", nation, areas, totals, settings=settings, failures=failures
        )
        maps = staging.folder(options.maps_dir)
        write_nation(national_content(options, settings, nation, areas), maps)
        record["outputs"] = _hashes(home) | {f"maps/{n}": h for n, h in _hashes(maps).items()}
        text = json.dumps(record, ensure_ascii=False, indent=2)
        (home / RUN_RECORD).write_text(text + "\n", encoding="utf-8")
    lines = [f"  {people:,.0f} people in {len(nation.codes)} prefectures"]
    if (share := reached_by_roads(totals)) < ALL_BUT_EVERYBODY:
        lines.append(
            f"  the road data reach {100 * share:.1f} % of them: rates are of these people alone"
        )
    if shared_cells:
        lines.append(
            f"  {shared_cells:,} cells lie in several prefectures: {shared_people:,.0f} people, "
            "each prefecture's own part"
        )
    return [
        *lines,
        f"  全国の表 (tables): {options.out_dir}",
        f"  全国の地図 (map):  {options.maps_dir / 'index.html'}",
    ]


def ranked_columns(coverage: pd.DataFrame, *, by_road: bool) -> list[str]:
    """Return the columns of rates that are ranked: of everybody, by the run's own metric."""
    metric = schema.ROAD if by_road else schema.STRAIGHT
    mine = coverage[
        (coverage[schema.AGE_GROUP] == "total") & (coverage[schema.METRIC] == metric)
    ].drop_duplicates(
        [schema.SERVICE, schema.MODE, schema.METRIC, schema.CUTOFF, schema.CUTOFF_UNIT]
    )
    return [rate_column(row) for _, row in mine.iterrows()]


def _write_tables(home: Path, nation: Gathered, areas: pd.DataFrame, totals: pd.DataFrame) -> None:
    """Write what is read by programs, by prefecture, and what is opened by hand, whole."""
    for code in nation.codes:
        about = {"title": f"全国集計 {code}", "attribution": _attribution(nation.records[code])}
        mine = areas[areas[schema.PREF_CODE] == code].reset_index(drop=True)
        rates = nation.coverage[nation.coverage[schema.AREA_CODE].str[:2] == code]
        for name, frame in ((AREAS, mine), (COVERAGE, rates.reset_index(drop=True))):
            folder = home / name / f"pref={code}"
            folder.mkdir(parents=True)
            write_table(frame, folder / f"{name}.parquet", about)
    write_csv(pd.DataFrame(areas.drop(columns="geometry")), home / "areas.csv")
    write_csv(totals, home / "national.csv")
    if len(nation.vacuum):
        write_csv(nation.vacuum, home / "vacuum.csv")


def _attribution(record: dict[str, Any]) -> str:
    return "; ".join(sorted({s["attribution"] for s in record["sources"] if s["attribution"]}))


def _record(
    nation: Gathered,
    published: Sequence[Published],
    failures: Sequence[Failure],
    settings: Settings,
) -> dict[str, Any]:
    """Return the provenance: what each prefecture's own record says is not said again."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "prefectures": {
            p.pref.code: {
                "name": p.pref.name_ja,
                "population": p.people,
                "cells": p.cells,
                "outputs": nation.records[p.pref.code]["outputs"],
            }
            for p in sorted(published, key=lambda p: p.pref.code)
        },
        "failed": {
            f.pref.code: {"name": f.pref.name_ja, "stage": f.where, "reason": f.sentence}
            for f in sorted(failures, key=lambda f: f.pref.code)
        },
        "settings": plain(settings),
        "versions": versions(),
    }


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): sha256_file(p) for p in files}
