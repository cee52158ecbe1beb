"""What the inference room needs to know to resample the analyses of one endpoint."""

from dataclasses import dataclass

from rctflow.models.settings import Fit
from rctflow.randomization import Scheme


@dataclass(frozen=True)
class Resample:
    """fit: the endpoint's analyses that ask for resampling. visit: where it is judged. scheme: None if not declared."""

    fit: Fit
    visit: str
    scheme: Scheme | None = None
