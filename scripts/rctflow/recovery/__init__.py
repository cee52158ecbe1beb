"""Truth recovery: simulated trials through the real models, each held against the truth of its own estimand.

Outside the walk, for ``./run bench truth`` and its tests: it imports rooms, and no room imports it.
"""
