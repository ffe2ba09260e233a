"""Fuzzing: whatever bytes a reader is given, it answers with a table or with one sentence."""
