"""Study-level results: participant flow and populations."""
