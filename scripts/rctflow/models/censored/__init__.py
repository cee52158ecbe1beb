"""Left-censored normal regression: a value below the quantification limit says only that it is smaller."""
