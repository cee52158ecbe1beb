"""Families of hypotheses tested together: one file per procedure, its algebra and its source in it."""
