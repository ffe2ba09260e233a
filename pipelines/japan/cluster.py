"""The Dask cluster: this machine's own, or one that somebody else runs."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dask
from dask.utils import format_bytes, parse_bytes
from distributed import Client, LocalCluster
from distributed.system import MEMORY_LIMIT

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from pipelines.console import Console
    from pipelines.japan.options import JapanOptions

MEMORY = "memory"
"""The Dask resource that tasks claim: bytes of the worker's limit."""

_PER_WORKER = 4_000_000_000
"""Memory a worker of our own cluster should have, unless the user says otherwise."""
_WAIT_S = 30
_SPAWN = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
"""What Dask itself sets, so that tasks do not take one another's processors."""
_LOCAL = "127.0.0.1"


@contextmanager
def connected(options: JapanOptions, console: Console) -> Iterator[Client]:
    """Give a client of the cluster to run on; a cluster of our own ends with it.

    Raises
    ------
    InputError
        If there is no scheduler at the address, or a number makes no sense.
    """
    # Workers take a moment to start on a busy machine, and a stage may hold the interpreter.
    with dask.config.set({"distributed.comm.timeouts.connect": f"{_WAIT_S}s"}):
        if options.scheduler:
            with _existing(options.scheduler) as client:
                _announce(client, console)
                yield client
        else:
            with _own(options) as cluster, Client(cluster) as client:
                _announce(client, console, dashboard=options.dashboard is not None)
                yield client


def memory_limit(client: Client) -> float | None:
    """Return the smallest memory limit among workers that all declare it as a resource."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    limits = [w["resources"].get(MEMORY) for w in workers]
    if not limits or None in limits:
        return None
    return float(min(limits))


def _existing(address: str) -> Client:
    try:
        return Client(address, timeout=f"{_WAIT_S}s")
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"No Dask scheduler answers at SCHEDULER={address} ({error}); start one with "
            "'dask scheduler', or leave SCHEDULER out to use this machine alone."
        ) from error


def _own(options: JapanOptions) -> LocalCluster:
    """Return a cluster of processes: one task each at a time, the processors shared among them."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    workers = options.workers or max(1, min(cores, int(MEMORY_LIMIT // _PER_WORKER)))
    limit = _bytes(options.memory) if options.memory else int(MEMORY_LIMIT // workers)
    port = options.dashboard
    with threads_of_workers(max(1, cores // workers)):
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host=_LOCAL,
            memory_limit=limit,
            resources={MEMORY: limit},
            dashboard_address=f"{_LOCAL}:{port or 0}",
            scheduler_kwargs={"dashboard": port is not None},
            # What becomes of workers is told in our own lines.
            silence_logs=logging.CRITICAL,
        )


def threads_of_workers(threads: int) -> AbstractContextManager[object]:
    """Give the workers that are made in the body so many threads for compiled functions.

    Before they start: numba counts them when it is first imported, and later changes are an error.
    """
    return dask.config.set(
        {"distributed.nanny.pre-spawn-environ": {**_SPAWN, "NUMBA_NUM_THREADS": threads}}
    )


def _bytes(text: str) -> int:
    try:
        return int(parse_bytes(text))
    except ValueError:
        raise InputError(f"MEMORY={text} is not an amount; write it as 4GB.") from None


def _announce(client: Client, console: Console, *, dashboard: bool = True) -> None:
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    total = format_bytes(sum(w["memory_limit"] for w in workers))
    console.say(f"  {len(workers)} workers, {total} of memory")
    if dashboard and client.dashboard_link:
        console.say(f"  dashboard: {client.dashboard_link}")
    if any(w["nthreads"] > 1 for w in workers):
        console.say(
            "  note: workers with several threads run several tasks in the memory of one; "
            "start them with --nthreads 1 unless they have plenty."
        )
