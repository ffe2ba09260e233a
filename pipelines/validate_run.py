"""``validate``: what has been run beside published figures, without tuning anything to them."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from coverage_gis import schema
from coverage_gis.codes import prefecture
from coverage_gis.coverage.compare import COLUMNS, rank_correlation, side_by_side
from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.export.csv import write_csv
from coverage_gis.report.build import first_year
from coverage_gis.sources.references import read_references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SHOWN = 60
RESULT = "validation.csv"


def run_validate(out: Path, reference: Path) -> None:
    """Compare the runs in a folder of results with a reference, print it and keep it.

    Parameters
    ----------
    out
        Folder of results, a folder for each prefecture in it. The demo is left out.
    reference
        CSV (UTF-8) with a column ``pref`` (2 digits), ``area_code``, ``muni_code`` or ``code``
        (5 digits), and any columns that ``data/validation.toml`` names; PRIMAFF's table 5 or
        the 都市モニタリングシート as published; or a folder of such files.

    Raises
    ------
    MissingInputError
        If there is no such file, or no run.
    InputError
        If the file has no such columns.
    """
    table = compare(out, reference)
    write_csv(table, out / RESULT)
    for line in _lines(table, _plan(), reference.name, out / RESULT):
        print(line)  # noqa: T201 - the command line speaks


def compare(out: Path, reference: Path) -> pd.DataFrame:
    """Return the runs in a folder of results beside a reference; see :func:`run_validate`."""
    theirs = read_references(reference)
    plan = _plan()
    wanted = [c for c in theirs.columns if c in plan]
    if not wanted:
        raise InputError(
            f"{reference.name} has none of the columns this tool can compare: {', '.join(plan)}."
        )
    runs = sorted(
        p for p in out.glob("[0-9][0-9]") if p.name != prefecture.DEMO and (p / "run.json").exists()
    )
    if not runs:
        raise MissingInputError(
            f"No results to compare are in {out}; run `coverage` for a prefecture first."
        )
    frames = []
    for column in wanted:
        ours = _ours(runs, plan[column])
        values = pd.to_numeric(theirs[column], errors="coerce")
        frames.append(side_by_side(column, ours, values))
    return pd.concat(frames, ignore_index=True)[list(COLUMNS)]


def _lines(table: pd.DataFrame, plan: Mapping[str, Any], name: str, path: Path) -> Iterator[str]:
    for figure, rows in table.groupby("figure", sort=False):
        about = plan[str(figure)]
        yield f"\n{about['label_ja']}  ({figure} of {name}; {about['note']})"
        share = bool(rows["reference"].abs().max() <= 1)
        form = "{:>10.1%} {:>10.1%} {:>+10.1%}" if share else "{:>12,.0f} {:>12,.0f} {:>+12,.0f}"
        yield f"  {'area':<6} this run / reference / difference"
        for row in rows.head(_SHOWN).itertuples():
            yield f"  {row.area_code:<6} " + form.format(
                row.this_run, row.reference, row.difference
            )
        if len(rows) > _SHOWN:
            yield f"  ... and {len(rows) - _SHOWN:,} more"
        correlation = rank_correlation(
            rows["this_run"].to_numpy(dtype="float64"), rows["reference"].to_numpy(dtype="float64")
        )
        said = f"{correlation:.2f}" if correlation == correlation else "needs three areas"  # noqa: PLR0124 - NaN
        yield (
            f"  {len(rows):,} areas, mean difference "
            f"{rows['difference'].mean():+,.3g}, rank correlation {said}"
        )
    compared = set(table["figure"])
    for column in (c for c in plan if c not in compared):
        yield f"\n  not compared: {column} (in no run, or not in {name})"
    yield f"\n  {path}"


def _ours(runs: list[Path], about: Mapping[str, Any]) -> pd.Series:
    """Return a figure of all runs by area code; prefectures have two digits."""
    values: list[pd.Series] = []
    for run in runs:
        path = run / f"{about['table']}.csv"
        if not path.exists():
            continue
        rows = pd.read_csv(path, dtype={schema.AREA_CODE: "str"})
        rows = first_year(rows)
        for column, value in about["where"].items():
            rows = rows[rows[column] == value]
        rows = rows[rows[schema.AREA_LEVEL] != schema.WARD]
        one = rows.drop_duplicates(schema.AREA_CODE).set_index(schema.AREA_CODE)
        figure = one[about["column"]].astype("float64")
        values.append(1 - figure if about.get("complement") else figure)
    return pd.concat(values) if values else pd.Series(dtype="float64")


def _plan() -> dict[str, Any]:
    text = (resources.files("coverage_gis") / "data" / "validation.toml").read_text("utf-8")
    return dict(tomllib.loads(text)["reference"])
