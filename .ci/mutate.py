"""Change a module of the compute layer in small ways, one at a time, and see which no test notices.

Usage (``make mutate``): python .ci/mutate.py MODULE [TESTS ...]. Without tests, those that import
the module are used. Works on a copy; needs cosmic-ray. Survivors are printed as differences.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("coverage_gis", "pipelines", "tests", "fuzz", "pyproject.toml")
CONFIG = """[cosmic-ray]
module-path = "{module}"
timeout = 120.0
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider -p no:randomly {tests}"

[cosmic-ray.distributor]
name = "local"
"""
OPTIONAL = re.compile(r"^[-+] .*(\) ->|: \w.* [^=]*None,?$)")
"""A mutated annotation: never evaluated, so no test can notice."""


def main() -> int:
    """Print counts and survivors; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module", help="such as coverage_gis/coverage/covered.py")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        tests = options.tests or _tests_of(options.module)
        config = CONFIG.format(module=options.module, python=sys.executable, tests=" ".join(tests))
        (folder / "mutate.toml").write_text(config, encoding="utf-8")
        for command in (("init",), ("baseline",), ("exec",)):
            files = ["mutate.toml"] if command == ("baseline",) else ["mutate.toml", "session"]
            _run(folder, "cosmic-ray", *command, *files)
        report = _run(folder, "cr-report", "session", "--show-diff", "--surviving-only")
        print(_told(report))
    return 0


def _tests_of(module: str) -> list[str]:
    dotted = module.removesuffix(".py").replace("/", ".")
    package, _, name = dotted.rpartition(".")
    asks = re.compile(
        rf"from {re.escape(dotted)} import|from {re.escape(package)} import .*\b{name}\b"
    )
    found = [
        p.relative_to(ROOT).as_posix()
        for p in sorted((ROOT / "tests").glob("test_*.py"))
        if asks.search(p.read_text(encoding="utf-8"))
    ]
    if not found:
        sys.exit(f"No test imports {dotted}; name some.")
    return found


def _run(folder: Path, program: str, *arguments: str) -> str:
    command = [str(Path(sys.executable).parent / program), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _told(report: str) -> str:
    """Return the counts and the changed lines of each survivor that a test could notice."""
    out, noise = [], 0
    for part in re.split(r"(?m)^\[job-id\] .*$", report):
        lines = [x for x in part.splitlines() if re.match(r"^([-+] |@@|\w+/\w+ )", x)]
        changed = [x for x in lines if x[:2] in ("- ", "+ ")]
        if changed and all(OPTIONAL.match(x) for x in changed):
            noise += 1
        elif changed:
            out.append("\n".join(lines))
    counts = [
        x for x in report.splitlines() if x.startswith(("total jobs", "complete", "surviving"))
    ]
    return "\n\n".join([*out, "\n".join([*counts, f"of these, annotations alone: {noise}"])])


if __name__ == "__main__":
    sys.exit(main())
