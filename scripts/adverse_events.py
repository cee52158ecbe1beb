"""Adapter of rule adverse_events: clean tables -> ADAE, and the ledger of what is in doubt in it; before ADSL."""

from rctflow.job import job

with job(snakemake.log[0]) as log:
    from pathlib import Path

    import pandas as pd
    from rctflow.derive.adverse_events.records import derive_adverse_events
    from rctflow.derive.adverse_events.settings import AdverseEvents
    from rctflow.derive.settings import Subjects
    from rctflow.derive.subjects import derive_subjects
    from rctflow.ledger import write_ledger
    from rctflow.outputs import write_parquet
    from rctflow.settings import settings_from

    tables = {Path(file).stem: pd.read_parquet(file) for file in snakemake.input.tables}
    subjects = settings_from(Subjects, snakemake.params.subjects)
    adsl = derive_subjects(tables, subjects, where=f"{snakemake.params.config}: subjects")
    settings = settings_from(AdverseEvents, snakemake.params.adverse_events)
    place = f"{snakemake.params.config}: adverse_events"
    adae, ledger = derive_adverse_events(tables, adsl, settings, where=place, log=log)
    write_parquet(adae, snakemake.output.adae)
    write_ledger(ledger, snakemake.output.ledger, adsl["STUDYID"].iloc[0])
