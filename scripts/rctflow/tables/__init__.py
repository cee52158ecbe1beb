"""Printed tables, made from result rows."""
