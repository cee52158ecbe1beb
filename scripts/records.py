"""Adapter of rule records: one clean table and ADSL -> BDS records of one endpoint."""

from rctflow.job import job

with job(snakemake.log[0]) as log:
    import pandas as pd

    from rctflow.derive import derive_records
    from rctflow.derive.settings import Records
    from rctflow.outputs import write_parquet
    from rctflow.settings import settings_from

    table, adsl = pd.read_parquet(snakemake.input.table), pd.read_parquet(snakemake.input.adsl)
    settings = settings_from(Records, snakemake.params.records)
    write_parquet(derive_records(table, adsl, settings, where=snakemake.params.place, log=log), snakemake.output[0])
