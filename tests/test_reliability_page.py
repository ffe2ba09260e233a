"""docs/reliability.md names what there is: its tests, its make targets, its files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"`(tests/test_[\w*]+\.py)(?: -k ([^`]+))?`", PAGE)))


def names_of(path: Path) -> list[str]:
    """Names of a file's tests, their class before them, as -k looks at them."""
    names = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names += [f"{node.name} {n.name}" for n in node.body if isinstance(n, ast.FunctionDef)]
        elif isinstance(node, ast.FunctionDef):
            names.append(node.name)
    return [name.lower() for name in names if "test_" in name]


def test_the_page_names_tests() -> None:
    assert len(COMMANDS) >= 20


@pytest.mark.parametrize(("pattern", "words"), COMMANDS, ids=" ".join)
def test_every_test_that_the_page_names_is_there(pattern: str, words: str) -> None:
    files = sorted(ROOT.glob(pattern))
    assert files, f"no file is called {pattern}"
    names = [name for path in files for name in names_of(path)]
    for word in words.strip('"').split(" or ") if words else ["test_"]:
        assert any(word.lower() in name for name in names), f"no test has {word!r} in its name"


def test_every_make_target_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`make ([\w-]+)", PAGE))
    made = re.findall(r"^([\w -]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert named
    assert named <= {target for line in made for target in line.split()}


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:coverage_gis|fuzz|pipelines|tests)/[\w/.]+)`", PAGE))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
