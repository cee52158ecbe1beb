"""Adverse events: incidence, events, exposure-adjusted rates and risk differences, by subset, class, term and grade."""
