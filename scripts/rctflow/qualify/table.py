"""The table of comparisons. The tests run each of its lines, and so does ./run qualify on the user's machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from rctflow.qualify.numbers import Number, Sources


@dataclass(frozen=True)
class Check:
    """what: is compared. with_what: the program and its version, or the other path. numbers: ``module:function`` in
    this package, Sources -> Numbers. needs: files of others' data, below the folder of data.
    """

    id: str
    what: str
    with_what: str
    numbers: str
    needs: tuple[str, ...] = ()

    def lacking(self, sources: Sources) -> list[str]:
        """The needed files that are absent."""
        return [name for name in self.needs if not (sources.data / name).is_file()]

    def run(self, sources: Sources) -> Iterator[Number]:
        """Compare."""
        module, _, name = self.numbers.partition(":")
        function: Callable[[Sources], Iterator[Number]] = getattr(import_module(f"rctflow.qualify.{module}"), name)
        return function(sources)


FEV = ("fev_data.csv",)
PILOT = ("cdiscpilot/adam/adqsadas.xpt",)
R_MMRM = "R mmrm 0.3.18 (R 4.2.2), fitted until the gradient vanished"
SAS_MIXED = "SAS 9.4 PROC MIXED"

CHECKS = (
    Check("mmrm_r", "MMRM: every covariance, df and vcov, REML and ML", R_MMRM, "mmrm_fev:fits_of_r", FEV),
    Check("mmrm_r_formulas", "MMRM: other formulas, Kenward-Roger df", R_MMRM, "mmrm_fev:other_formulas_of_r", FEV),
    Check("mmrm_sas_kr", "MMRM: ddfm=kr, kr(linear)", SAS_MIXED, "mmrm_fev:kenward_roger_of_sas", FEV),
    Check("mmrm_sas_empirical", "MMRM: empirical standard errors", SAS_MIXED, "mmrm_fev:empirical_of_sas", FEV),
    Check("mmrm_sas_coefficients", "MMRM: coefficients as printed", SAS_MIXED, "mmrm_fev:coefficients_of_sas", FEV),
    Check(
        "mmrm_sas_antidepressant",
        "MMRM: antidepressant trial",
        SAS_MIXED,
        "mmrm_trials:antidepressant",
        ("antidepressant_data.csv",),
    ),
    Check("mmrm_sas_pilot", "MMRM: CDISC pilot study, week 24", SAS_MIXED, "mmrm_trials:cdisc_pilot", PILOT),
    Check("ancova_t_tests", "ANCOVA without covariates: t tests", "SAS 9.4 PROC TTEST, R t.test", "ancova:t_tests"),
    Check(
        "ancova_sas",
        "ANCOVA: LS means of the drug trial",
        "SAS 9.4 PROC GLM",
        "ancova:drug_trial",
        ("camis/drug_trial.csv",),
    ),
    Check("ancova_r_pilot", "ANCOVA: CDISC pilot study, table 14-3.01", "R 3.6 lm", "ancova:cdisc_pilot", PILOT),
    Check("proportions_sas", "Proportions: intervals, differences, ratios", "SAS 9.4 PROC FREQ", "proportions:of_sas"),
    Check("proportions_r", "Proportions: exact interval, Fisher, CMH", "R 4.2.2 stats", "proportions:of_r"),
    Check(
        "standardized_robincar",
        "Standardized difference, variance of Ye et al. 2023",
        "R RobinCar 0.3.0, beeca",
        "proportions:standardized_of_r",
        ("camis/trial01.csv",),
    ),
    Check(
        "standardized_r",
        "Standardized proportions of three arms, Ye and Ge variances",
        "R 4.2.2 glm, written out",
        "proportions:three_arms_of_r",
    ),
    Check(
        "gee_sas",
        "GEE: odds ratios of the respiratory trial",
        "SAS PROC GEE",
        "rates_and_times:odds_by_gee",
        ("camis/resp_gee.xlsx",),
    ),
    Check("counts_r", "Poisson: polyps trial", "R glm", "rates_and_times:poisson", ("camis/polyps.csv",)),
    Check("ordinal_r", "Proportional odds: housing", "R MASS polr", "rates_and_times:ordered_levels"),
    Check(
        "times_r",
        "Time to event: remissions, leukaemia",
        "R survival coxph, survdiff, survfit",
        "rates_and_times:times",
    ),
    Check(
        "multiplicity_r",
        "Holm, Hochberg, Hommel, Benjamini-Hochberg, graphs",
        "R multtest, p.adjust, gMCP, graphicalMCP",
        "families:adjusted",
    ),
    Check(
        "rank_sum", "Wilcoxon, Hodges-Lehmann: birth weights", "SAS PROC NPAR1WAY, R stats and coin", "others:rank_sums"
    ),
    Check(
        "censored",
        "Left-censored regression: 12 sets, maximum likelihood",
        "R survival 3.5.3 survreg",
        "others:censored",
        ("../reference/scoring/vectors/lloq_data.csv",),
    ),
    Check(
        "scoring",
        "Instruments: scores of SF-36, EQ-5D, SPPB and the others",
        "other scoring programs, and published score sheets by hand",
        "scoring:scored_cases",
    ),
    Check(
        "second_mmrm",
        "MMRM: first against second computation",
        "the second path, docs/second.md",
        "second_paths:repeated",
    ),
    Check(
        "second_mmrm_chain",
        "MMRM, other covariances: first against second computation",
        "the second path, docs/second.md",
        "second_paths:structured",
    ),
    Check(
        "second_gee",
        "GEE: first against second computation",
        "the second path, docs/second.md",
        "second_paths:marginal",
    ),
    Check(
        "second_ancova",
        "ANCOVA: first against second computation",
        "the second path, docs/second.md",
        "second_paths:by_visit",
    ),
)
