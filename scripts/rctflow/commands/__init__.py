"""The verbs of ./run; rooms never import this package."""
