"""Adapter of rule records: one clean table and ADSL -> BDS records of one endpoint."""

from rctflow.job import job

with job(snakemake.log[0]) as log:
    import pandas as pd
    from rctflow.derive.records import derive_records
    from rctflow.derive.settings import Records
    from rctflow.outputs import write_parquet
    from rctflow.settings import settings_from

    table, adsl = pd.read_parquet(snakemake.input.table), pd.read_parquet(snakemake.input.adsl)
    place = f"{snakemake.params.config}: endpoints.{snakemake.wildcards.endpoint}"
    records = derive_records(table, adsl, settings_from(Records, snakemake.params.records), where=place, log=log)
    write_parquet(records, snakemake.output[0])
