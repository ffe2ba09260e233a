"""Readers: one published format each, into a table of the schema and nothing else."""
