"""Fuzz every target for a fixed time: ``python -m fuzz.run --seconds 10 [TARGET ...]``.

New inputs that reach new code are kept in ``results/fuzz/corpus`` and used next time; an input
that fails is saved in ``results/fuzz`` under its target's name.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "fuzz/corpus"
FAILED = ROOT / "results/fuzz"
SLOWEST_S = 60
"""A single input may take as long, on a busy machine."""
MOST_MB = 4096
LONGEST_BYTES = 65_536
_RUNS = re.compile(
    rb"stat::number_of_executed_units:\s*(\d+)|Done (\d+) runs|^#(\d+)", re.MULTILINE
)


def main() -> int:
    """Return 1 if any target failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=10, help="per target")
    parser.add_argument("--seed", type=int, default=0, help="of the odd bytes; 0 draws one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if importlib.util.find_spec("atheris") is None:
        print(  # noqa: T201 - a script
            "Fuzzing is left out: atheris cannot be installed here (it is for Linux, Python 3.11 "
            "to 3.13); the saved inputs are replayed by the tests all the same."
        )
        return 0
    FAILED.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        names = options.targets or list(TARGETS)
        good = list(pool.map(lambda name: _fuzz(name, options.seconds, options.seed), names))
    return 0 if all(good) else 1


def _fuzz(name: str, seconds: int, seed: int) -> bool:
    grown = FAILED / "corpus" / name
    grown.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "fuzz.one", name,
        f"-max_total_time={seconds}", f"-seed={seed}",
        f"-timeout={SLOWEST_S}", f"-rss_limit_mb={MOST_MB}",
        f"-max_len={LONGEST_BYTES}", f"-artifact_prefix={FAILED}/{name}-", "-print_final_stats=1",
        str(grown), str(CORPUS / name),
    ]  # fmt: skip
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
    runs = max((int(n) for found in _RUNS.findall(done.stderr) for n in found if n), default=0)
    took = time.monotonic() - started
    told = "ok" if done.returncode == 0 else f"FAILED (exit {done.returncode})"
    lines = [f"{name:20} {runs:>9,} inputs {took:5.0f} s  {told}"]
    if done.returncode != 0:
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        (FAILED / f"{name}.txt").write_text(text, encoding="utf-8")
        lines += [f"  what was said is in results/fuzz/{name}.txt", *_last(text)]
    print("\n".join(lines), flush=True)  # noqa: T201 - a script
    return done.returncode == 0


def _last(text: str) -> list[str]:
    """Return the lines that tell most: the exception, and where the input was saved."""
    wanted = re.compile(r"^(\w+Error|\w+Exception|\w+: |==\d+== ?ERROR|.*Test unit written)")
    return [f"  {line[:200]}" for line in text.splitlines() if wanted.match(line)][-4:]


if __name__ == "__main__":
    sys.exit(main())
