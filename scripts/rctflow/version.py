"""The version of the workflow, as pyproject.toml and CITATION.cff have it (a test compares)."""

VERSION = "0.1.0"
