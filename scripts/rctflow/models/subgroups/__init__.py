"""Differences between the arms within declared subgroups, all from one model with an interaction."""
