"""The options of a fit: their names, the names that SAS and R use for them, and which of them exclude each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from rctflow.models.mmrm.errors import OptionError

COVARIANCES = (
    "unstructured",
    "toeplitz",
    "heterogeneous-toeplitz",
    "ar1",
    "heterogeneous-ar1",
    "compound-symmetry",
    "heterogeneous-compound-symmetry",
    "ante-dependence",
    "heterogeneous-ante-dependence",
    "spatial-exponential",
    "spatial-gaussian",
)
ALIASES = {
    "un": "unstructured",
    "us": "unstructured",
    "toep": "toeplitz",
    "toeph": "heterogeneous-toeplitz",
    "ar(1)": "ar1",
    "arh1": "heterogeneous-ar1",
    "arh(1)": "heterogeneous-ar1",
    "ar1h": "heterogeneous-ar1",
    "cs": "compound-symmetry",
    "csh": "heterogeneous-compound-symmetry",
    "ad": "ante-dependence",
    "adh": "heterogeneous-ante-dependence",
    "ante(1)": "heterogeneous-ante-dependence",
    "sp-exp": "spatial-exponential",
    "sp(exp)": "spatial-exponential",
    "sp-gau": "spatial-gaussian",
    "sp(gau)": "spatial-gaussian",
}
METHODS = ("reml", "ml")
DF = ("kenward-roger", "kr-linear", "satterthwaite", "between-within", "residual")
VCOV = ("model", "CR0", "CR2", "CR3")
ORDER_FREE = ("unstructured", "compound-symmetry", "heterogeneous-compound-symmetry")


@dataclass(frozen=True)
class Options:
    """Canonical, mutually consistent options."""

    covariance: str = "unstructured"
    method: str = "reml"
    df: str = "kenward-roger"
    vcov: str = "model"

    @property
    def spatial(self) -> bool:
        """Whether the covariance depends on coordinates."""
        return self.covariance.startswith("spatial")

    @property
    def own_variances(self) -> bool:
        """Whether every visit has a variance of its own."""
        return self.covariance == "unstructured" or self.covariance.startswith("heterogeneous")

    @property
    def kenward_roger(self) -> bool:
        """Whether the covariance of the fixed effects is adjusted."""
        return self.df in ("kenward-roger", "kr-linear")


def read_options(covariance: str, method: str, df: str, vcov: str, coordinates: Sequence[str] = ()) -> Options:
    """Canonical options; raises OptionError with the remedy for an unknown or an impossible one."""
    known = {v.lower(): v for v in VCOV}
    options = Options(
        canonical_covariance(covariance),
        _choose("method", _text("method", method).lower(), METHODS),
        _choose("df", _text("df", df).lower().replace("_", "-"), DF),
        known.get(_text("vcov", vcov).lower()) or _choose("vcov", vcov, VCOV),
    )
    if options.kenward_roger and options.vcov != "model":
        raise OptionError(
            f"df={options.df!r} adjusts the model-based covariance and has no meaning with vcov={options.vcov!r}. "
            "Use df='satterthwaite' (Bell-McCaffrey) with a sandwich."
        )
    if options.kenward_roger and options.method == "ml":
        raise OptionError(f"df={options.df!r} is defined for method='reml'. Use 'reml', or df='satterthwaite'.")
    if options.spatial != bool(coordinates):
        raise OptionError(
            f"covariance={options.covariance!r} "
            + ("needs coordinates=[...], for example the study day." if options.spatial else "takes no coordinates.")
        )
    return options


def canonical_covariance(covariance: str) -> str:
    """The canonical name of a structure; raises OptionError for an unknown one."""
    name = _text("covariance", covariance).lower().replace("_", "-").replace(" ", "-")
    name = ALIASES.get(name, name).replace("antedependence", "ante-dependence")
    for ending in ("-heterogeneous", "-het"):
        if name.endswith(ending):
            name = f"heterogeneous-{name.removesuffix(ending)}"
    return _choose("covariance", name, COVARIANCES)


def _text(option: str, value: object) -> str:
    """``value`` without spaces around it; raises OptionError when it is no text."""
    if not isinstance(value, str):
        raise OptionError(f"{option}={value!r} must be the name of an option, as text.")
    return value.strip()


def _choose(option: str, value: str, known: Sequence[str]) -> str:
    if value in known:
        return value
    from difflib import get_close_matches  # only a typing error pays for it

    close = get_close_matches(value, known, 1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise OptionError(f"{option}={value!r} is not known.{hint} One of: {', '.join(known)}.")
