"""The second computation: primary and secondary results again, by a path that shares no module with the first."""
