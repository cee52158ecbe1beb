"""Adapter of rule fit: records and ADSL -> result rows, and the records behind each."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    import pandas as pd
    from rctflow.models.endpoint import fit_endpoint
    from rctflow.models.settings import Fit
    from rctflow.outputs import write_parquet
    from rctflow.results import write_results
    from rctflow.settings import settings_from

    bds, adsl = pd.read_parquet(snakemake.input.records), pd.read_parquet(snakemake.input.adsl)
    rows, records = fit_endpoint(bds, adsl, settings_from(Fit, snakemake.params.fit))
    write_results(rows, Path(snakemake.output.results))
    write_parquet(records, snakemake.output.records)
