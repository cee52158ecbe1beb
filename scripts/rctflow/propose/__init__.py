"""Look at a folder of data and propose a study config; run the rooms in memory and say what a config is understood to
mean.
"""
