"""Adapter of rule form: one raw form -> source table -> clean table and ledger."""

from rctflow.job import job

with job(snakemake.log[0], snakemake.params.config):
    from pathlib import Path

    from rctflow.clean import clean_table, write_ledger
    from rctflow.clean.settings import Clean
    from rctflow.ingest import describe_form, read_form
    from rctflow.ingest.settings import Ingest
    from rctflow.outputs import write_json, write_parquet
    from rctflow.settings import settings_from

    raw, place = Path(snakemake.input.raw), f"tables.{snakemake.wildcards.table}"
    ingest = settings_from(Ingest, snakemake.params.ingest)
    source = read_form(raw, ingest, where=place)
    clean, ledger = clean_table(source, settings_from(Clean, snakemake.params.clean), where=place)
    write_parquet(source, snakemake.output.source)
    write_json(describe_form(raw, ingest, source), snakemake.output.description)
    write_parquet(clean, snakemake.output.clean)
    write_ledger(ledger, Path(snakemake.output.ledger))
