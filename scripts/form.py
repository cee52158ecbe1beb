"""Adapter of rule form: one raw form -> source table -> clean table and ledger."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.clean.settings import Clean
    from rctflow.clean.table import clean_table
    from rctflow.ingest.blinding import read_allocation
    from rctflow.ingest.forms import ingest_form
    from rctflow.ingest.settings import Ingest
    from rctflow.ledger import write_ledger
    from rctflow.outputs import write_json, write_parquet
    from rctflow.settings import settings_from

    place = f"{snakemake.params.config}: tables.{snakemake.wildcards.table}"
    ingest = settings_from(Ingest, snakemake.params.ingest)
    allocation = read_allocation(snakemake.input.allocation)
    raw, dictionary = Path(snakemake.input.raw), Path(snakemake.input.dictionary)
    source, description = ingest_form(raw, ingest, allocation, dictionary, where=place)
    rules = settings_from(Clean, snakemake.params.clean)
    clean, ledger = clean_table(source, rules, description.get("findings", ()), where=place)
    write_parquet(source, snakemake.output.source)
    write_json(description, snakemake.output.description)
    write_parquet(clean, snakemake.output.clean)
    write_ledger(ledger, snakemake.output.ledger, rules.study)
