"""Read a large PBF file cut to one prefecture: seconds, peak memory, and what was kept.

.venv-bench/bin/python benchmarks/large_pbf.py 500 results/large.osm.pbf
.venv-bench/bin/python benchmarks/memory.py results/large.osm.pbf
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

from graphs import SETTINGS  # noqa: E402 - needs the path above

from coverage_gis.sources.osm import read_osm  # noqa: E402 - as above

BOUNDS = (-8.9, 40.9, -8.0, 41.6)
"""The first of the copies side by side."""

if __name__ == "__main__":
    started = time.perf_counter()
    extract = read_osm([Path(sys.argv[1])], bounds=BOUNDS, settings=SETTINGS)
    seconds = time.perf_counter() - started
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(f"{seconds:.1f} s, peak {peak_gb:.2f} GB, {len(extract.ways.node_id):,} nodes kept")
