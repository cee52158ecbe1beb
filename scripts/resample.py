"""Adapter of rule resample: records and ADSL -> result rows of randomization tests and of leaving one patient out."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    import pandas as pd
    from rctflow.disclosure import disclosable
    from rctflow.inference.resample import resample_endpoint
    from rctflow.inference.settings import Resample
    from rctflow.results import write_results
    from rctflow.settings import settings_from

    bds, adsl = pd.read_parquet(snakemake.input.records), pd.read_parquet(snakemake.input.adsl)
    settings = settings_from(Resample, snakemake.params.resample)
    rows = resample_endpoint(bds, adsl, settings)
    write_results(disclosable(rows, settings.fit.small_cells), Path(snakemake.output[0]))
