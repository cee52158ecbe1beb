"""Adapter of rule findings: a clean table and ADSL -> one data set of findings (ADLB, ADVS)."""

from rctflow.job import job

with job(snakemake.log[0]) as log:
    from pathlib import Path

    import pandas as pd
    from rctflow.derive.findings.records import derive_findings, stacked
    from rctflow.derive.findings.settings import Findings
    from rctflow.outputs import write_parquet
    from rctflow.settings import settings_from

    settings = settings_from(Findings, snakemake.params.findings)
    table = stacked({Path(file).stem: pd.read_parquet(file) for file in snakemake.input.tables})
    adsl = pd.read_parquet(snakemake.input.adsl)
    where = f"{snakemake.params.config}: findings.{snakemake.wildcards.dataset}"
    write_parquet(derive_findings(table, adsl, settings, where=where, log=log), snakemake.output[0])
