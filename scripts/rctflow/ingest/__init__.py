"""Raw forms to typed source tables."""
