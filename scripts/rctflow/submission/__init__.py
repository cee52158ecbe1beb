"""Room submission: derived data as regulators and other programs receive them (docs/submission.md)."""
