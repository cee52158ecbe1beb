"""Adapter of rule fit: a clean table and ADSL -> BDS records of an endpoint -> result rows, and their trace."""

from rctflow.job import job

with job(snakemake.log[0]) as log:
    from pathlib import Path

    import pandas as pd
    from rctflow.derive.records import derive_records
    from rctflow.derive.settings import Records
    from rctflow.disclosure import disclosable
    from rctflow.models.endpoint import fit_endpoint
    from rctflow.models.settings import Fit
    from rctflow.outputs import write_parquet
    from rctflow.results import write_results
    from rctflow.settings import settings_from

    table, adsl = pd.read_parquet(snakemake.input.table), pd.read_parquet(snakemake.input.adsl)
    place = f"{snakemake.params.config}: endpoints.{snakemake.wildcards.endpoint}"
    bds = derive_records(table, adsl, settings_from(Records, snakemake.params.records), where=place, log=log)
    settings = settings_from(Fit, snakemake.params.fit)
    rows, traced = fit_endpoint(bds, adsl, settings)
    write_parquet(bds, snakemake.output.bds)
    write_results(disclosable(rows, settings.small_cells), Path(snakemake.output.results))
    write_parquet(traced, snakemake.output.records)
