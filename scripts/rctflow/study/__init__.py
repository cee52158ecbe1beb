"""Typed study config: loading, checking, messages."""
