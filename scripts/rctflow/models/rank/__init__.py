"""Rank and ordinal models: Wilcoxon, van Elteren, win probability, Hodges-Lehmann, proportional odds."""
