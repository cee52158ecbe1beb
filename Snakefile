"""rctflow: a randomized trial, from raw case-report forms to a report.

    raw forms -> ingest, clean -> subjects (ADSL), records (BDS) -> fit -> displays -> report

One config file describes a study: config/config.yaml, or another with --config study=config/<file>.yaml.
Each room of the DAG has one file of rules in workflow/rules, one adapter per rule in scripts/, its code in scripts/rctflow.
"""

import gc
import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

gc.set_threshold(100_000, 50, 50)  # what is imported stays: searching it for garbage took a sixth of each start

SCRIPTS = Path(str(workflow.current_basedir)).resolve() / "scripts"
sys.path.insert(0, str(SCRIPTS))
os.environ.update(
    PYTHONPATH=str(SCRIPTS),  # an installed rctflow must never shadow this checkout's
    OMP_NUM_THREADS="1",  # one BLAS thread: the same bits on 1 core and on 64
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
)

from rctflow.package.machine import write_machine
from rctflow.study.code import code_of
from rctflow.study.dag import Dag
from rctflow.study.waiting import keep_own_reasons

keep_own_reasons()

dag = Dag.open(config)


wildcard_constraints:
    table="|".join(dag.study.tables),
    endpoint="|".join(dag.study.endpoints),
    dataset="|".join(dag.study.findings) or "none",


pathvars:
    results=dag.results,
    logs=f"{dag.results}/logs",
    benchmarks=f"{dag.results}/benchmarks",


include: "workflow/rules/forms.smk"
include: "workflow/rules/blinding.smk"
include: "workflow/rules/derive.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/summaries.smk"
include: "workflow/rules/multiplicity.smk"
include: "workflow/rules/second.smk"
include: "workflow/rules/displays.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/submission.smk"


onstart:
    write_machine(f"{dag.results}/benchmarks")


rule all:
    """Every declared result, so that a deleted one is noticed."""
    default_target: True
    input:
        dag.declared_results(),


for endpoint in dag.study.endpoints:

    rule:
        name:
            f"endpoint_{endpoint}"
        input:
            dag.endpoint_results(endpoint),
