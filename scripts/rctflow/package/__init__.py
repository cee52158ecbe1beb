"""Room package: a finished run becomes an archive that proves itself (docs/package.md)."""
