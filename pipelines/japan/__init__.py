"""``japan``: every prefecture through the stages of ``coverage``, as tasks on Dask."""
