"""What the inference room needs to know to resample the analyses of one endpoint."""

from dataclasses import dataclass
from typing import Literal

from rctflow.models.settings import Fit
from rctflow.randomization import Scheme


@dataclass(frozen=True)
class Resample:
    """How the analyses of one endpoint are resampled.

    fit: those that ask for it. visit: where the endpoint is judged. scheme: None when not declared. patients: whether
    who is left out is named, coded (a blinded study), or withheld altogether (restricted data).
    """

    fit: Fit
    visit: str
    scheme: Scheme | None = None
    patients: Literal["named", "coded", "withheld"] = "named"
