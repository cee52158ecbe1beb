"""One proportion, and the difference of two: estimates, exact and score limits. Shared by models and summaries."""
