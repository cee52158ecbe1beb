"""A second path that holds that nothing can be estimated."""


def compute(bds, adsl, declared):
    """No contrast."""
    return {}
