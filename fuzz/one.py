"""Fuzz one target with atheris: ``python -m fuzz.one TARGET [options of libFuzzer] [corpora]``.

``fuzz/run.py`` starts this for every target.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

# Compiled functions are numba's to read: it cannot compile what atheris has put its counters in.
COMPILED = (
    "coverage_gis.facilities.transport",
    "coverage_gis.network.chains",
    "coverage_gis.network.compiled",
    "coverage_gis.network.grid",
    "coverage_gis.routing",
    "coverage_gis.sources.osm_pbf_decode",
)

with atheris.instrument_imports(include=["coverage_gis"], exclude=list(COMPILED)):
    from fuzz.targets import TARGETS, answer


def main() -> None:
    """Run libFuzzer until its time is over or a target fails."""
    name = sys.argv.pop(1)
    warnings.simplefilter("ignore")  # told to nobody here, and slow
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "16"
        folder.mkdir()
        atheris.Setup(sys.argv, lambda data: answer(name, data, folder) and None)
        assert name in TARGETS
        atheris.Fuzz()


if __name__ == "__main__":
    main()
