"""Putting results where users look for them, with the run record; all of them or none."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from coverage_gis.codes.prefecture import DEMO
from coverage_gis.sources.catalogue import SYNTHETIC, catalogue
from coverage_gis.store.hashing import sha256_file
from coverage_gis.store.publish import publishing
from pipelines.keys import plain, versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from coverage_gis.settings import Settings
    from coverage_gis.sources.inventory import Found
    from pipelines.runner import Runner
    from pipelines.stage import Options

RUN_RECORD = "run.json"
MAPS = "maps"
"""The stage whose files go into the folder of maps; all others' are tables."""


def publish(runner: Runner, options: Options, settings: Settings, found: Sequence[Found]) -> bool:
    """Put the files that the stages wrote in place, ``run.json`` last.

    Returns
    -------
    bool
        False when everything is in place already, byte for byte, and nothing was written.
    """
    maps = runner.files(MAPS)
    tables: dict[str, Path] = {}
    for stage in (s for s in runner.records if s != MAPS):
        tables |= runner.files(stage)
    hashes = {
        options.out_dir: {name: sha256_file(path) for name, path in tables.items()},
        options.maps_dir: {name: sha256_file(path) for name, path in maps.items()},
    }
    if len(runner.reused) == len(runner.records) and _in_place(options, hashes):
        return False
    record = run_record(runner, options, settings, found)
    record["outputs"] = {
        name: {"sha256": sha256, "folder": "maps" if folder == options.maps_dir else "tables"}
        for folder, names in hashes.items()
        for name, sha256 in names.items()
    }
    with publishing(options.out_dir, options.maps_dir, last=(RUN_RECORD,)) as staging:
        for folder, files in ((options.out_dir, tables), (options.maps_dir, maps)):
            for name, source in files.items():
                target = staging.folder(folder) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        text = json.dumps(record, ensure_ascii=False, indent=2)
        (staging.folder(options.out_dir) / RUN_RECORD).write_text(text + "\n", encoding="utf-8")
    return True


def run_record(
    runner: Runner, options: Options, settings: Settings, found: Sequence[Found]
) -> dict[str, Any]:
    """Return the provenance of a run: what it read, by which settings, and every total.

    ``created`` and ``duration_s`` are the only fields that differ between two runs on the
    same inputs with the same settings.
    """
    known = catalogue()
    sha256 = {runner.input_name(f): runner.input_sha256(f) for f in found}
    sources = []
    for record in runner.records.values():
        for use in record.sources:
            about = known[SYNTHETIC if options.pref.code == DEMO else use.kind]
            sources.append(
                {
                    "path": use.path,
                    "sha256": sha256.get(use.path),
                    "kind": use.kind,
                    "title": known[use.kind].title_ja,
                    "edition": use.edition,
                    "licence": about.licence_of(use.edition),
                    "attribution": about.attribution,
                    "rows_read": use.rows_read,
                    "rows_used": use.rows_used,
                    "rows_dropped": dict(sorted(use.dropped.items())),
                    "notes": list(use.notes),
                    "stage": record.name,
                }
            )
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "prefecture": plain(options.pref),
        "options": {
            "distance": "road" if options.by_road else "straight",
            "service_date": options.service_date.isoformat() if options.service_date else None,
            "mesh_level": options.mesh_level,
        },
        "sources": sources,
        "unread": list(options.unread),
        "stages": [
            {
                "name": r.name,
                "key": r.key,
                "digest": r.digest,
                "totals": dict(r.totals),
                "counts": plain(r.counts),
                "notes": list(r.notes),
                "duration_s": r.duration_s,
            }
            for r in runner.records.values()
        ],
        "settings": plain(settings),
        "versions": versions(),
    }


def _in_place(options: Options, hashes: Mapping[Path, Mapping[str, str]]) -> bool:
    try:
        record = json.loads((options.out_dir / RUN_RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if record.get("unread") != list(options.unread):
        return False
    return all(
        (folder / name).is_file() and sha256_file(folder / name) == sha256
        for folder, names in hashes.items()
        for name, sha256 in names.items()
    )
