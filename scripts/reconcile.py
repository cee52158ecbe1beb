"""Adapter of rule reconcile: ADSL and the forms of the participant flow -> what they agree on; before any model."""

from rctflow.job import job

with job(snakemake.log[0]):
    from rctflow.outputs import write_text
    from rctflow.summaries.reconcile import reconciled
    from rctflow.summaries.sources import read_sources

    write_text(reconciled(snakemake.params.reconcile, read_sources(snakemake.input)), snakemake.output[0])
