"""Statistical models: one module per model, a registry of their names, and the MMRM engine."""
