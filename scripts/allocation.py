"""Adapter of rule allocation: strata and order of the raw subjects form, not its arms -> the dummy allocation."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.clean.settings import Clean
    from rctflow.clean.table import clean_table
    from rctflow.derive.enrolment import derive_enrolment
    from rctflow.derive.settings import Enrolment
    from rctflow.ingest.forms import read_form
    from rctflow.ingest.settings import Ingest
    from rctflow.plan.allocation import dummy_allocation, write_allocation
    from rctflow.plan.settings import DummyAllocation
    from rctflow.settings import settings_from

    tables = {}
    files = zip(snakemake.input.raw, snakemake.input.dictionaries, snakemake.params.forms, strict=True)
    for raw, dictionary, form in files:
        ingest, place = settings_from(Ingest, form["ingest"]), f"{snakemake.params.config}: {form['place']}"
        source = read_form(Path(raw), ingest, dictionary=Path(dictionary), where=place)
        tables[ingest.table], _ = clean_table(source, settings_from(Clean, form["clean"]), where=place)
    settings = settings_from(Enrolment, snakemake.params.enrolment)
    enrolment = derive_enrolment(tables, settings, where=f"{snakemake.params.config}: randomization")
    drawn = dummy_allocation(enrolment, settings_from(DummyAllocation, snakemake.params.dummy))
    write_allocation(drawn, snakemake.output[0])
