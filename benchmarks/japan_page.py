"""What ``japan.py`` measured, as Markdown, with the estimate for the whole country."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CELLS, PREFECTURES = 466_156, 47
"""Of the 2020 census."""
LARGEST_SHARE = 14_047_594 / 126_146_099
"""Tokyo's share of the country's people, and so of the generated cells (census 2020)."""
PROCESSORS = (2, 16, 128)
_LEAST_SIZES, _LEAST_CELLS = 3, 1000
"""An estimate needs so many sizes, the largest of so many cells."""


@dataclass(frozen=True)
class Model:
    """What a prefecture costs, in processor seconds.

    Attributes
    ----------
    each, per_thousand
        Of any prefecture, and of each 1,000 cells with their roads.
    chain_share
        What the longest chain of stages that wait for each other takes of the largest prefecture.
    busy
        Share of the workers' time in which they had a processor and worked.
    national_s
        The country's tables and map, of all prefectures.
    """

    each: float
    per_thousand: float
    chain_share: float
    busy: float
    national_s: float

    @property
    def work_s(self) -> float:
        """Processor seconds of all prefectures."""
        return PREFECTURES * self.each + CELLS / 1000 * self.per_thousand

    @property
    def chain_s(self) -> float:
        """Seconds of Tokyo's longest chain."""
        return self.chain_share * (self.each + LARGEST_SHARE * CELLS / 1000 * self.per_thousand)

    def elapsed_s(self, workers: int) -> float:
        """Return the estimate for so many workers."""
        return max(self.work_s / (workers * self.busy), self.chain_s) + self.national_s


def chain_s(stages: Mapping[str, float]) -> float:
    """Return the seconds of the longest chain of stages that wait for each other."""
    until: dict[str, float] = {}
    for stage in STAGES:
        if stage.name in stages:
            before = max((until[n] for n in stage.needs if n in until), default=0.0)
            until[stage.name] = before + stages[stage.name]
    return max(until.values())


def model(measured: Mapping[str, Any]) -> Model | None:
    """Return the model of the run with the most workers, None from too few or small sizes."""
    run = max(measured["runs"], key=lambda r: r["workers"])
    codes = sorted(run["cells"])
    cells = np.array([run["cells"][c] for c in codes], dtype=float)
    if len(set(cells)) < _LEAST_SIZES or max(cells) < _LEAST_CELLS:
        return None
    seconds = np.array([sum(run["stages_s"][c].values()) for c in codes])
    processor = seconds * run["processor_s"] / seconds.sum()
    terms = np.column_stack([np.ones(len(cells)), cells / 1000])
    each, per_thousand = np.linalg.lstsq(terms, processor, rcond=None)[0]
    if each < 0 or per_thousand < 0:  # sizes too alike: all by cells
        each, per_thousand = 0.0, processor.sum() / cells.sum() * 1000
    largest = run["stages_s"][max(codes, key=lambda c: run["cells"][c])]
    working_s = run["workers"] * (run["elapsed_s"] - run["national_s"])
    return Model(
        float(each),
        float(per_thousand),
        chain_s(largest) / sum(largest.values()),
        min(1.0, run["processor_s"] / working_s),
        run["national_s"] * PREFECTURES / len(codes),
    )


def as_text(measured: Mapping[str, Any]) -> str:
    """Return all tables of a measurement."""
    parts = [_head_and_runs(measured), _stages(measured["runs"]), _estimate(measured)]
    return "\n\n".join(parts)


def _head_and_runs(measured: Mapping[str, Any]) -> str:
    machine, runs = measured["machine"], measured["runs"]
    head = (
        f"Measured {measured['date']} on {machine['processors']} processors ({machine['model']}, "
        f"Python {machine['python']}) with `--scale {measured['scale']:g} --prefectures "
        f"{len(runs[0]['cells'])}`: {_cells(measured):,} cells, "
        f"{sum(measured['road_nodes'].values()):,} road nodes."
    )
    return f"{head}\n\n{_runs(runs)}"


def fill(folder: Path, page: Path) -> str:
    """Put all measurements between the marks of a page, the largest whole; return the text."""
    every = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("japan-*.json"))]
    every.sort(key=_cells, reverse=True)
    piece = "\n\n".join([as_text(every[0]), *(_head_and_runs(m) for m in every[1:])])
    text = re.sub(
        r"(<!-- bench: japan -->\n).*?(<!-- end -->)",
        lambda m: f"{m[1]}\n{piece}\n\n{m[2]}",
        page.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    page.write_text(text, encoding="utf-8")
    return piece


def _cells(measured: Mapping[str, Any]) -> int:
    return sum(measured["runs"][0]["cells"].values())


def _runs(runs: list[dict[str, Any]]) -> str:
    one = next((r["elapsed_s"] for r in runs if r["workers"] == 1), None)
    heads = (
        "| workers x threads | load | elapsed s | of it national s | processor s of workers "
        "| and of the client | speed-up | peak GB of each worker | s per million nodes |"
    )
    lines = [heads, "|---|--:|--:|--:|--:|--:|--:|---|--:|"]
    for run in runs:
        faster = f"{one / run['elapsed_s']:.2f}" if one else "-"
        peaks = ", ".join(f"{p:.2f}" for p in run["peak_gb"])
        lines.append(
            f"| {run['workers']} x {run['threads']} | {run['load']} | {run['elapsed_s']:,.0f} "
            f"| {run['national_s']:,.1f} | {run['processor_s']:,.0f} "
            f"| {run['client_processor_s']:,.0f} | {faster} | {peaks} "
            f"| {run['s_per_million_nodes']:,.0f} |"
        )
    return "\n".join(lines)


def _stages(runs: list[dict[str, Any]]) -> str:
    """Return where the time goes, and how much of it one task or one prefecture takes."""
    run = max(runs, key=lambda r: r["workers"])
    of = run["stages_s"]
    every = sum(sum(stages.values()) for stages in of.values())
    largest = max(run["cells"], key=lambda c: run["cells"][c])
    names = [s.name for s in STAGES if s.name in of[largest]]
    sums = {n: sum(stages.get(n, 0.0) for stages in of.values()) for n in names}
    code, name = max(((c, n) for c in of for n in of[c]), key=lambda pair: of[pair[0]][pair[1]])
    total = sum(of[largest].values())
    first = (
        f"Stages of the run with {run['workers']} worker(s), shares of the seconds of all, and in "
        f"the largest prefecture ({largest}, {run['cells'][largest]:,} cells):"
    )
    last = (
        f"The longest task is {name} of {code}: {of[code][name]:,.1f} s, "
        f"{of[code][name] / every:.1%} of all. The longest chain of {largest} takes "
        f"{chain_s(of[largest]):,.1f} of its {total:,.1f} s, {chain_s(of[largest]) / every:.1%} of "
        "all prefectures."
    )
    lines = [
        first,
        "",
        "| | " + " | ".join(names) + " |",
        "|---|" + "--:|" * len(names),
        "| all | " + " | ".join(f"{sums[n] / every:.0%}" for n in names) + " |",
        f"| {largest} | " + " | ".join(f"{of[largest][n] / total:.0%}" for n in names) + " |",
        "",
        last,
    ]
    return "\n".join(lines)


def _estimate(measured: Mapping[str, Any]) -> str:
    found = model(measured)
    if found is None:
        return (
            f"No estimate: that takes {_LEAST_SIZES} sizes of prefectures, the largest of "
            f"{_LEAST_CELLS:,} cells."
        )
    said = (
        "Estimate for the country, by least squares over its prefectures: one takes a + b x cells "
        f"/ 1,000 processor seconds, a = {found.each:.1f}, b = {found.per_thousand:.2f}. "
        f"All take T = 47 a + {CELLS / 1000:,.0f} b = {found.work_s:,.0f} s; Tokyo's longest chain "
        f"C = {found.chain_share:.2f} (a + {LARGEST_SHARE * CELLS / 1000:,.1f} b) = "
        f"{found.chain_s:,.0f} s; the national tables and map N = {found.national_s:,.0f} s (in "
        f"proportion to prefectures). Workers were busy u = {found.busy:.2f} of their time. On P "
        "processors: max(T / (P u), C) + N."
    )
    lines = [
        said,
        "",
        "| processors | minutes |",
        "|--:|--:|",
        *(f"| {p} | {found.elapsed_s(p) / 60:,.0f} |" for p in PROCESSORS),
    ]
    return "\n".join(lines)
