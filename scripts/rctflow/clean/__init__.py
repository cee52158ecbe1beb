"""Declared cleaning rules: source tables to clean tables and a ledger."""
