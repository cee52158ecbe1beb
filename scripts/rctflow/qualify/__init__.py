"""The comparisons with numbers of others and with independent paths: one table for the tests and for ./run qualify."""
