"""A second path of the MMRM that has forgotten the degrees of freedom."""

from rctflow.second import repeated


def compute(bds, adsl, declared):
    """The numbers without df."""
    found = repeated.compute(bds, adsl, declared)
    return {who: {name: value for name, value in own.items() if name != "df"} for who, own in found.items()}
