"""What the rows of the censored model say of themselves."""

from __future__ import annotations

from rctflow.models.options import CensoredOptions
from rctflow.models.settings import Analysis

DETECTION = "Fisher's exact test of detected or not (value above or below the limit of quantification), two-sided p"
BELOW = {
    "censored": "values below the limit censored (maximum likelihood)",
    "half": "half the limit in place of values below it (least squares)",
    "sqrt2": "the limit / √2 in place of values below it (least squares)",
}


def method_words(analysis: Analysis, options: CensoredOptions, terms: tuple[str, ...]) -> str:
    """The exact method of LS means and contrasts."""
    outcome = "change from baseline" if analysis.outcome == "change" else "value"
    scale = f"log {outcome}" if analysis.log else outcome
    fitted = f"; terms: {' + '.join(terms)}" if terms else ""
    weighting = "equally" if options.weights == "equal" else "by their frequency"
    level = f"{100 * analysis.confidence:g} %"
    inference = (
        f"variance times n / (n - p), t interval {level}, two-sided p"
        if options.interval == "t"
        else f"profile-likelihood interval {level}, two-sided p of the likelihood ratio"
    )
    baseline = "; baseline below the limit: half of it, and an indicator" if analysis.baseline else ""
    return (
        f"normal regression of the {scale}, {BELOW[options.below]}{fitted}{baseline}; LS means: numeric covariates at "
        f"their mean, factors weighted {weighting}; {inference}"
    )


def too_few_detected(arm: str, n_below: int, n: int, most: float) -> str:
    """Why an arm is compared by detection alone."""
    return (
        f"{n_below} values of {arm} are below the limit, more than {most:g} % of {n}: only whether the "
        "substance was detected is compared"
    )


def unbounded_words(n: int) -> str:
    """What becomes of values that keep the likelihood from having a maximum ("" for none)."""
    if not n:
        return ""
    verb = "value below the limit bounds" if n == 1 else "values below the limit bound"
    return f"{n} {verb} no estimate, since every value of the same level is below, and so says nothing of the others"


def joined(*notes: str) -> str:
    """The notes that say something, in one."""
    return "; ".join(note for note in notes if note)
