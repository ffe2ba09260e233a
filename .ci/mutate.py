"""Change a module of the compute layer in small ways, one at a time, and see which no test notices.

Usage (``make mutate``): python .ci/mutate.py MODULE [TESTS ...]. Without tests, those that import
the module are used. Works on a copy; needs cosmic-ray, of which the changes are. Each one has a
child of a process that has already read the libraries, so that it costs what its tests cost.
Survivors are printed as differences; changes of annotations alone are left out, for no test could
notice them.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import importlib
import os
import re
import resource
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import cosmic_ray.mutating
import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
COPIED = (".ci", "coverage_gis", "docs", "pipelines", "tests", "fuzz", "Makefile", "pyproject.toml")
SLOWER = 5
"""A change whose tests take so many times the processor time is killed: it loops."""
MOST_BYTES = 8 << 30
REWRITE = "PytestAssertRewriteWarning"
"""Of plugins that are among the libraries already read: of no matter, and an error elsewhere."""


def main() -> int:
    """Print survivors and counts; return 1 if the tests fail before anything is changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module", help="such as coverage_gis/coverage/covered.py")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    tests = options.tests or _tests_of(options.module)
    code = (ROOT / options.module).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, folder / name)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        good = _outcome(tests, 600.0, told=folder / "libraries.txt") == "survived"
        if good:
            _read_libraries((folder / "libraries.txt").read_text(encoding="utf-8").split())
            before_s = _children_s()
            good = _outcome(tests, 600.0) == "survived"
        if not good:
            print("The tests fail before anything is changed.")
            return 1
        limit_s = SLOWER * (_children_s() - before_s) + 10.0
        counts = _judge(folder / options.module, code, tests, limit_s)
    print(f"{options.module} by {' '.join(tests)}: {sum(counts.values())} changes, {dict(counts)}")
    return 0


def _judge(path: Path, code: str, tests: Sequence[str], limit_s: float) -> Counter[str]:
    """Test every change, printing those that survive; return how many had which outcome."""
    counts: Counter[str] = Counter()
    for changed in _changes(code):
        if _meaning(changed) == _meaning(code):
            counts["annotations alone"] += 1
            continue
        path.write_text(changed, encoding="utf-8")
        outcome = _outcome(tests, limit_s)
        counts[outcome] += 1
        if outcome == "survived":
            lines = difflib.unified_diff(code.splitlines(), changed.splitlines(), n=0, lineterm="")
            print("\n".join(line for line in lines if not line.startswith(("---", "+++"))), "\n")
            sys.stdout.flush()
    path.write_text(code, encoding="utf-8")
    return counts


def _changes(code: str) -> Iterator[str]:
    """Return the module with each of the changes that cosmic-ray knows, one at a time."""
    tree = get_ast(code)
    for name in sorted(cosmic_ray.plugins.operator_names()):
        kind = cosmic_ray.plugins.get_operator(name)
        if kind.arguments():
            continue  # asks for names to put in
        places = sum(len(list(kind().mutation_positions(node))) for node in ast_nodes(tree))
        for number in range(places):
            changed = cosmic_ray.mutating.mutate_code(code, kind(), number)
            if changed is not None:
                yield changed


class _Bare(ast.NodeTransformer):
    """Takes annotations and what is imported for them away: they are text, never evaluated."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        if "TYPE_CHECKING" in ast.dump(node.test):
            node.test = ast.Constant(None)
        return self.generic_visit(node)


def _meaning(code: str) -> str:
    """Return what is left of a module without its annotations; "" if it is no Python."""
    try:
        return ast.dump(_Bare().visit(ast.parse(code)))
    except SyntaxError:
        return ""


def _outcome(tests: Sequence[str], limit_s: float, told: Path | None = None) -> str:
    """Run the tests in a child; "survived" if they pass, else "killed" or "looped"."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = _tested(tests, limit_s)
            if told:
                told.write_text("\n".join(_libraries()), encoding="utf-8")
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "looped"
    return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"


def _tested(tests: Sequence[str], limit_s: float) -> int:
    import pytest  # noqa: PLC0415 - in the child's own interpreter state

    seconds = int(limit_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.dont_write_bytecode = True
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", f"ignore::pytest.{REWRITE}"]
    # Drawn alike every time, or a survivor could be luck.
    return int(pytest.main([*options, "--hypothesis-seed=0", *tests]))


def _libraries() -> list[str]:
    """Return the modules of others that are loaded."""
    return sorted(
        name
        for name, module in sys.modules.items()
        if "site-packages" in str(getattr(module, "__file__", "") or "")
        and not name.startswith(("coverage_gis", "pipelines", "fuzz", "test_", "conftest"))
    )


def _read_libraries(names: Sequence[str]) -> None:
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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


if __name__ == "__main__":
    sys.exit(main())
