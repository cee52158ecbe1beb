"""Derive: from clean tables to ADSL (one row per randomized subject) and one BDS table per endpoint."""
