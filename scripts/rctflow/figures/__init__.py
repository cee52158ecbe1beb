"""Figures, drawn from result rows and analysis records."""
