"""Rows of measurements as Markdown, and the goals they are held against."""

from __future__ import annotations

from typing import Any

from measure import median_of

Row = dict[str, Any]
REAL = "newport x22"
LARGE = "generated 2000000"
ALTERNATIVE = "scipy on chains"
"""Not a peer but our own contraction under another engine: in the tables, in no goal."""
READ_PEERS = ("GDAL", "pyrosm", "iduedu", "osmnx")


def routing_rows(job: str, graph: str, found: dict[str, list[Row]], load: float) -> list[Row]:
    """Return a row per engine; ours comes first, and ratios are to it."""
    rows: list[Row] = []
    for engine, runs in found.items():
        row: Row = {"job": job, "graph": graph, "engine": engine, "load": load}
        if "reason" in runs[0]:
            rows.append(row | {"reason": runs[0]["reason"]})
            continue
        row |= {
            "query_s": median_of(runs, "times_s"),
            "cpu_s": median_of(runs, "cpu_s"),
            "build_s": median_of(runs, "build_s"),
            "peak_gb": max(r["peak_gb"] for r in runs),
            "error_m": max((r["error_m"] for r in runs if r["error_m"] is not None), default=None),
        }
        rows.append(row)
    ours = rows[0]
    if "query_s" in ours:
        for row in rows:
            if "query_s" in row:
                row["times"] = row["query_s"] / ours["query_s"]
                row["times_cpu"] = row["cpu_s"] / ours["cpu_s"]
                both = ours["query_s"] + ours["build_s"]
                row["times_both"] = (row["query_s"] + row["build_s"]) / both
    return rows


def routing_table(title: str, rows: list[Row]) -> str:
    """Return one job on one graph."""
    lines = [
        f"**{title}** (load {rows[0]['load']})",
        "",
        "| engine | query s | times | processor s | times | graph s | both, times | GB | equal |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for row in rows:
        if "reason" in row:
            lines.append(f"| {row['engine']} | not measured: {row['reason']} | | | | | | | |")
            continue
        times = [f"{row[k]:.1f}" if k in row else "" for k in ("times", "times_cpu", "times_both")]
        lines.append(
            f"| {row['engine']} | {row['query_s']:.3f} | {times[0]} | {row['cpu_s']:.3f} |"
            f" {times[1]} | {row['build_s']:.3f} | {times[2]} | {row['peak_gb']:.2f} |"
            f" {_equal(row['error_m'])} |"
        )
    return "\n".join(lines)


def _equal(error_m: float | None) -> str:
    if error_m is None:
        return ""
    return "yes" if error_m <= 1e-6 else f"differs by {error_m:.3g}"


def reading_rows(graph: str, found: dict[str, list[Row]], load: float) -> list[Row]:
    """Return a row per reader, with its ratio to the bare loop."""
    rows: list[Row] = []
    for reader, runs in found.items():
        row: Row = {"job": "read", "graph": graph, "engine": reader, "load": load}
        if "reason" in runs[0]:
            rows.append(row | {"reason": runs[0]["reason"]})
            continue
        row |= {
            "query_s": median_of(runs, "times_s"),
            "cpu_s": median_of(runs, "cpu_s"),
            "peak_gb": max(r["peak_gb"] for r in runs),
            "gives": runs[0]["gives"],
        }
        rows.append(row)
    bare = next((r for r in rows if r["engine"] == "bare loop" and "query_s" in r), None)
    for row in rows:
        if bare and "query_s" in row:
            row["times"] = row["query_s"] / bare["query_s"]
            row["times_cpu"] = row["cpu_s"] / bare["cpu_s"]
    return rows


def reading_table(title: str, rows: list[Row]) -> str:
    """Return all readers on one file."""
    lines = [
        f"**{title}** (load {rows[0]['load']})",
        "",
        "| reader | s | times the bare loop | processor s | times | peak GB | gives |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for row in rows:
        if "reason" in row:
            lines.append(f"| {row['engine']} | not measured: {row['reason']} | | | | | |")
            continue
        times = [f"{row[k]:.2f}" if k in row else "" for k in ("times", "times_cpu")]
        lines.append(
            f"| {row['engine']} | {row['query_s']:.2f} | {times[0]} | {row['cpu_s']:.2f} |"
            f" {times[1]} | {row['peak_gb']:.2f} | {row['gives']} |"
        )
    return "\n".join(lines)


def memory_table(rows: list[Row]) -> str:
    """Return bytes per node and per edge of the raw graph."""
    lines = [
        "| network | what | kept, MB | peak, MB | kept, bytes per node | per edge | peak, bytes per node | per edge |",  # noqa: E501 - a table's head
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        if "reason" in row:
            lines.append(f"| {row['graph']} | not measured: {row['reason']} | | | | | | |")
            continue
        for what, taken in row["bytes"].items():
            per = [taken[k] / row[n] for k in ("kept", "peak") for n in ("nodes", "edges")]
            lines.append(
                f"| {row['graph']} | {what} | {taken['kept'] / 1e6:.0f} | {taken['peak'] / 1e6:.0f}"
                f" | {' | '.join(f'{x:.0f}' for x in per)} |"
            )
    return "\n".join(lines)


def prefecture_table(row: Row) -> str:
    """Return where the time of a whole prefecture goes."""
    if "reason" in row:
        return f"not measured: {row['reason']}"
    warm, cold = row["warm_s"], row["cold_s"]
    lines = [
        f"**{row['nodes']:,} road nodes (walking), {row['cells']:,} cells** (load {row['load']})",
        "",
        "| stage | network kept, s | from the files, s |",
        "|---|--:|--:|",
    ]
    lines += [
        f"| {name} | {warm.get(name, 0.0):.1f} | {seconds:.1f} |" for name, seconds in cold.items()
    ]
    warm_rest = row["warm_wall_s"] - sum(warm.values())
    cold_rest = row["cold_wall_s"] - sum(cold.values())
    lines += [
        f"| start and publishing, less what ran side by side | {warm_rest:.1f} | {cold_rest:.1f} |",
        f"| **all** | **{row['warm_wall_s']:.1f}** | **{row['cold_wall_s']:.1f}** |",
        f"| processor time | {row['warm_cpu_s']:.1f} | {row['cold_cpu_s']:.1f} |",
        f"| peak GB | {row['warm_peak_gb']:.2f} | {row['cold_peak_gb']:.2f} |",
    ]
    return "\n".join(lines)


def goals(rows: list[Row]) -> list[Row]:
    """Return each goal with what was measured for it."""
    by = {(r["job"], r["graph"], r["engine"]): r for r in rows if "reason" not in r}
    out: list[Row] = []

    def fastest(job: str, graph: str) -> Row | None:
        peers = [
            r
            for (j, g, e), r in by.items()
            if (j, g) == (job, graph) and e not in ("coverage_gis", ALTERNATIVE) and "times" in r
        ]
        return min(peers, key=lambda r: r["times"], default=None)

    def ratio(what: str, peer: Row | None, at_least: float, by_what: str = "times") -> None:
        if peer:
            got = f"{peer[by_what]:.1f} times {peer['engine']}"
            out.append({"goal": what, "measured": got, "met": peer[by_what] >= at_least})
        else:
            out.append({"goal": what, "measured": "not measured", "met": None})

    ratio(
        "nearest, real 1 M: 3 times the fastest peer on the raw graph", fastest("nearest", REAL), 3
    )
    ratio("nearest, generated 2 M: not slower than the fastest peer", fastest("nearest", LARGE), 1)
    ratio("5 nearest, real 1 M: 4 times plain numba", by.get(("five", REAL, "numba heap")), 4)
    ratio(
        "5 nearest, real 1 M: 20 times pandana, preparing its graph included",
        by.get(("five", REAL, "pandana")),
        20,
        "times_both",
    )
    ratio("the same, its query alone", by.get(("five", REAL, "pandana")), 20)
    ratio("counts within 15 km, real 1 M: 5 times scipy", by.get(("counts", REAL, "scipy")), 5)
    for graph in sorted({r["graph"] for r in rows if r["job"] == "read"}):
        ours = by.get(("read", graph, "coverage_gis"))
        if not ours:
            continue
        out.append(
            {
                "goal": f"reading {graph}: within 2 times a bare loop",
                "measured": f"{ours['times']:.2f} times",
                "met": ours["times"] <= 2,
            }
        )
        others = [by[k] for e in READ_PEERS if (k := ("read", graph, e)) in by]
        if others:
            best = min(others, key=lambda r: r["query_s"])
            faster = best["query_s"] / ours["query_s"]
            out.append(
                {
                    "goal": f"reading {graph}: faster than {', '.join(READ_PEERS)}",
                    "measured": f"{faster:.1f} times {best['engine']}, the fastest of"
                    f" {len(others)} measured",
                    "met": faster > 1,
                }
            )
    whole = next((r for r in rows if r["job"] == "prefecture" and "reason" not in r), None)
    out.append(
        {
            "goal": "a whole prefecture, 1 M nodes, 20,000 cells, network kept: under 60 s",
            "measured": f"{whole['warm_wall_s']:.0f} s" if whole else "not measured",
            "met": whole["warm_wall_s"] < 60 if whole else None,
        }
    )
    return out


def goals_table(found: list[Row]) -> str:
    """Return the goals as a table."""
    words = {True: "met", False: "**not met**", None: ""}
    return "\n".join(
        [
            "| goal | measured | |",
            "|---|---|---|",
            *(f"| {g['goal']} | {g['measured']} | {words[g['met']]} |" for g in found),
        ]
    )
