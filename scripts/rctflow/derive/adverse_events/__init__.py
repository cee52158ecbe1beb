"""ADAE: adverse events as ADaM's structure of occurrences has them."""
