"""The layers of docs/architecture.md hold: a module imports only its own layer and those below."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LAYERS = {
    0: {"errors", "crs", "schema", "settings", "progress", "codes", "data"},
    1: {
        "population",
        "facilities",
        "network",
        "routing",
        "access",
        "transit",
        "coverage",
        "vacuum",
    },
    2: {"sources", "fetch", "store", "export", "maps", "report", "demo"},
}
LAYER_OF = {name: layer for layer, names in LAYERS.items() for name in names}
# What touches the world, or waits for it, has no business below the edges.
EDGE_ONLY = {
    "io", "logging", "os", "pathlib", "requests", "shutil", "socket", "sqlite3", "subprocess",
    "sys", "tempfile", "urllib", "zipfile", "folium", "pyogrio", "rasterio", "osmium", "pyarrow",
    "openpyxl", "tqdm",
}  # fmt: skip
FILE_CALLS = {"open", "read_csv", "read_parquet", "read_file", "to_csv", "to_parquet", "to_file"}

MODULES = sorted((ROOT / "coverage_gis").rglob("*.py"))
PIPELINES = sorted((ROOT / "pipelines").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Dotted names of all modules a file imports, those for typing alone included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer_of_file(path: Path) -> int | None:
    part = path.relative_to(ROOT / "coverage_gis").parts[0].removesuffix(".py")
    return None if part == "__init__" else LAYER_OF[part]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_module_imports_only_its_layer_and_below(path: Path) -> None:
    own = layer_of_file(path)
    for name in imported(path):
        parts = name.split(".")
        assert parts[0] != "pipelines", f"{relative(path)} imports {name}"
        if parts[0] == "coverage_gis" and len(parts) > 1 and own is not None:
            assert LAYER_OF.get(parts[1], 0) <= own, (
                f"{relative(path)} (layer {own}) imports {name}"
            )


@pytest.mark.parametrize("path", [p for p in MODULES if layer_of_file(p) in (0, 1)], ids=relative)
def test_foundations_and_computations_do_not_touch_the_world(path: Path) -> None:
    runtime = imported_at_run_time(path)
    touched = {n.split(".")[0] for n in runtime} & EDGE_ONLY
    assert not touched, f"{relative(path)} imports {sorted(touched)}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            assert called not in FILE_CALLS, f"{relative(path)}:{node.lineno} calls {called}"


def imported_at_run_time(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.If) and isinstance(n.test, ast.Name) and n.test.id == "TYPE_CHECKING"
    ]
    skipped = {id(sub) for block in typing_only for sub in ast.walk(block)}
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_every_part_has_a_layer() -> None:
    parts = {p.name.removesuffix(".py") for p in (ROOT / "coverage_gis").iterdir()}
    parts -= {"__init__", "__pycache__", "py.typed"}
    assert parts == set(LAYER_OF), "name the new part's layer here and in docs/architecture.md"


def test_pipelines_exist_and_are_not_imported_by_the_package() -> None:
    assert PIPELINES, "pipelines/ has no modules"
