"""The estimate for the country, from a measurement whose answer is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.japan_page import CELLS, PREFECTURES, as_text, chain_s, fill, model
from pipelines.stages import STAGES

if TYPE_CHECKING:
    from pathlib import Path

EACH, PER_THOUSAND = 20.0, 5.0
SIZES = {"13": 4000, "27": 3000, "31": 1000}


def measured() -> dict[str, Any]:
    """Prefectures that take exactly a + b x cells, in stages of equal length."""
    seconds = {c: EACH + PER_THOUSAND * n / 1000 for c, n in SIZES.items()}
    stages = {c: {s.name: t / len(STAGES) for s in STAGES} for c, t in seconds.items()}
    every = sum(seconds.values())
    run = {
        "workers": 2,
        "threads": 1,
        "elapsed_s": every / 2 + 6,
        "national_s": 6.0,
        "processor_s": every,
        "client_processor_s": 3.0,
        "load": 2.0,
        "peak_gb": [1.0, 1.2],
        "cells": SIZES,
        "stages_s": stages,
        "s_per_million_nodes": 1.0,
    }
    one = {**run, "workers": 1, "elapsed_s": every + 6, "peak_gb": [1.2]}
    machine = {"processors": 2, "model": "made", "python": "3"}
    nodes = {c: 40 * n for c, n in SIZES.items()}
    about = {"date": "2026-01-01", "scale": 0.02, "machine": machine, "road_nodes": nodes}
    return {**about, "runs": [one, run]}


def test_what_was_put_in_comes_out() -> None:
    found = model(measured())
    assert found is not None
    assert (found.each, found.per_thousand) == pytest.approx((EACH, PER_THOUSAND))
    assert found.work_s == pytest.approx(PREFECTURES * EACH + CELLS / 1000 * PER_THOUSAND)
    assert found.busy == pytest.approx(1)
    assert found.national_s == pytest.approx(6 * PREFECTURES / len(SIZES))
    assert found.elapsed_s(1) == pytest.approx(found.work_s + found.national_s)
    assert found.elapsed_s(10_000) == pytest.approx(found.chain_s + found.national_s)


def test_the_chain_is_the_longest_way_through_what_waits_for_what() -> None:
    assert chain_s({"origins": 1.0, "departures": 5.0}) == 5.0  # neither waits for the other
    assert chain_s({"origins": 1.0, "osm": 2.0, "departures": 5.0, "destinations": 1.0}) == 6.0
    alike = {s.name: 1.0 for s in STAGES}
    assert chain_s(alike) < len(STAGES)


def test_sizes_too_alike_give_no_estimate() -> None:
    alike = measured()
    for run in alike["runs"]:
        run["cells"] = dict.fromkeys(SIZES, 100)
    assert model(alike) is None
    assert "No estimate" in as_text(alike)


def test_measurements_go_between_the_marks_the_largest_with_its_estimate(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench: japan -->\nold\n<!-- end -->\nafter\n", encoding="utf-8")
    small = measured()
    for run in small["runs"]:
        run["cells"] = dict.fromkeys(SIZES, 7)
    for name, one in (("japan-0.01-3.json", small), ("japan-0.02-3.json", measured())):
        (tmp_path / name).write_text(json.dumps(one), encoding="utf-8")
    piece = fill(tmp_path, page)
    text = page.read_text(encoding="utf-8")
    assert piece in text
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("<!-- end -->\nafter\n")
    assert piece.count("| 2 x 1 | 2.0 |") == 2
    assert piece.count("Estimate for the country") == 1
    assert piece.index("8,000 cells") < piece.index("21 cells")
