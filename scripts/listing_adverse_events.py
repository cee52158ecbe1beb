"""Adapter of rule listing_adverse_events: ADAE -> the listing of all events, and of the serious ones for the report."""

from rctflow.job import job

with job(snakemake.log[0]):
    import pandas as pd
    from rctflow.outputs import write_text
    from rctflow.settings import settings_from
    from rctflow.tables.listings import Listing, adverse_event_listing, serious, serious_event_table

    adae = pd.read_parquet(snakemake.input.adae)
    settings = settings_from(Listing, snakemake.params.listing)
    write_text(adverse_event_listing(adae, settings), snakemake.output.all)
    write_text(adverse_event_listing(serious(adae), settings), snakemake.output.serious)
    write_text(serious_event_table(serious(adae), settings).to_html(), snakemake.output.html)
