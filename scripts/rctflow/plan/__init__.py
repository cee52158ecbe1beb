"""Room plan: the frozen analysis plan, what changed since, and blinding (docs/plan.md)."""
