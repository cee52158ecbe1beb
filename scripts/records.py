"""Adapter of rule records: one clean table and ADSL -> BDS records of one endpoint."""

from rctflow.job import job

with job(snakemake.log[0], snakemake.params.config) as log:
    import pandas as pd

    from rctflow.derive.records import derive_records, left_out
    from rctflow.derive.settings import Records
    from rctflow.outputs import write_parquet
    from rctflow.settings import settings_from

    table, adsl = pd.read_parquet(snakemake.input.table), pd.read_parquet(snakemake.input.adsl)
    records = derive_records(table, adsl, settings_from(Records, snakemake.params.records))
    log.write(f"in the table, not in ADSL: {', '.join(left_out(table, adsl)) or 'nobody'}\n")
    write_parquet(records, snakemake.output[0])
