"""A table as a file that is opened without being read: Arrow, not compressed, memory-mapped.

For tables that many processes need a part of: what they share lies in memory once, and columns
and rows that nobody asks for are never read from disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_SUFFIX = ".arrow"


def save(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write a table into a folder under a name.

    Parameters
    ----------
    folder
        Existing folder.
    name
        Without suffix.
    table
        Columns that Arrow has types for, and their index.

    Raises
    ------
    ValueError, TypeError
        If two columns have one name, or a column mixes kinds of values (``pyarrow``'s own
        errors are these).
    """
    arrow = pa.Table.from_pandas(table)
    with (
        pa.OSFile(str(folder / f"{name}{_SUFFIX}"), "wb") as sink,
        pa.ipc.new_file(sink, arrow.schema) as writer,
    ):
        writer.write_table(arrow)


def load(
    folder: Path,
    name: str,
    *,
    columns: Sequence[str] | None = None,
    rows: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return what :func:`save` wrote, its values, dtypes and index the same.

    Parameters
    ----------
    folder, name
        As given to :func:`save`.
    columns
        Those wanted, in this order; all by default.
    rows
        ``(n,)`` True for those wanted, in the table's order, which then are numbered from 0;
        all by default.
    """
    with pa.memory_map(str(folder / f"{name}{_SUFFIX}")) as source:
        table = pa.ipc.open_file(source).read_all()
    if columns is not None:
        index = [n for n in table.schema.pandas_metadata["index_columns"] if isinstance(n, str)]
        table = table.select([*columns, *index])
    if rows is None:
        frame: Any = table.to_pandas()
    else:
        frame = table.filter(pa.array(rows)).to_pandas().reset_index(drop=True)
    return frame  # type: ignore[no-any-return]
