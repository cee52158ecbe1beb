"""The trial simulator: raw case-report forms of the aging-frailty trial, with declared dirt and known truth.

Everything it writes is SYNTHETIC. ``settings`` is cheap to import; ``trial`` (numpy, pandas) makes the forms.
"""
