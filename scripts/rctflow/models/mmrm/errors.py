"""Everything that can go wrong in an MMRM, as types: the message names the place and the remedy."""

from rctflow.errors import RctflowError


class MmrmError(RctflowError):
    """Base of all errors of the MMRM engine."""


class FormulaError(MmrmError):
    """The formula cannot be read, or names a column that the data do not have."""


class OptionError(MmrmError):
    """An option has an unknown value, or two options exclude each other."""


class DataError(MmrmError):
    """The records cannot be analysed as they are (nothing left, weights not positive, ...)."""


class DuplicateVisitError(DataError):
    """A patient has two records at one visit."""


class VisitOrderError(DataError):
    """The order of the visits cannot be known from the data."""


class ConstantOutcomeError(DataError):
    """The outcome does not vary."""


class ZeroVarianceError(DataError):
    """At one visit the fixed effects explain the outcome without rest: its variance is not estimable."""


class NotEstimableError(MmrmError):
    """The contrast is no function of the estimable fixed effects (an empty cell, a dropped column)."""


class EstimationError(MmrmError):
    """The covariance cannot be estimated; a step of the fall-back chain is left on this family only."""


class ConvergenceError(EstimationError):
    """No start led to a maximum of the likelihood."""


class SingularCovarianceError(EstimationError):
    """The likelihood has its supremum at a singular covariance matrix."""


class SingularInformationError(EstimationError):
    """The observed information of the covariance parameters is not positive definite."""


class ChainExhaustedError(EstimationError):
    """No step of the fall-back chain could be estimated; the message lists each step's reason."""
