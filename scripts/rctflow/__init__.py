"""rctflow: the analysis of randomized parallel-group trials, from raw case-report forms to a report."""
