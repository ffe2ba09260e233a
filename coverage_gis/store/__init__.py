"""Putting results on disk: hashes, atomic writes, locks and publishing a set of files."""
