"""Room compare: which numbers moved between two packages or results folders, and because of what."""
