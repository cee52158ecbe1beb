"""ADLB, ADVS and their like: findings of many tests in ADaM's basic data structure."""
