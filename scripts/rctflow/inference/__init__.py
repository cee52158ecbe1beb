"""Room inference: what wraps models: tests and intervals that rest on how patients were randomized."""
