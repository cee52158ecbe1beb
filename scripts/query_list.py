"""Adapter of rule query_list: ledgers and ADSL -> the workbook of queries for the data manager."""

from rctflow.job import job

with job(snakemake.log[0]):
    from rctflow.summaries.queries import findings, write_queries
    from rctflow.summaries.sources import read_sources

    sources = read_sources(snakemake.input)
    found = findings(sources.ledgers, sources.adsl, snakemake.params.site)
    write_queries(found, snakemake.params.title, snakemake.output[0])
