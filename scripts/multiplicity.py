"""Adapter of rule multiplicity: result rows of the tested endpoints -> adjusted p-values, their tables and graphs."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import Display
    from rctflow.figures.style import save_svg
    from rctflow.figures.testing_graph import draw_testing_graph
    from rctflow.inference.multiplicity.families import adjust_families
    from rctflow.inference.multiplicity.settings import Multiplicity
    from rctflow.outputs import write_text
    from rctflow.plan.status import read_status
    from rctflow.results import read_by_endpoint, write_results
    from rctflow.settings import settings_from
    from rctflow.tables.families import family_table
    from rctflow.tables.table import csv_of

    inputs = snakemake.input
    settings = settings_from(Multiplicity, snakemake.params.multiplicity)
    displays = [settings_from(Display, display) for display in snakemake.params.displays]
    rows = read_by_endpoint(map(Path, inputs.results))
    adjusted = adjust_families(rows, settings)
    write_results(adjusted, Path(snakemake.output.results))
    plan = read_status(snakemake.params.plan, inputs.lock, inputs.adsl, inputs.ledgers, deviations=[]).line
    tables = [family_table(f, settings.families[f], rows, adjusted, displays, plan) for f in settings.order]
    write_text("\n".join(table.to_html() for table in tables), snakemake.output.html)
    write_text(csv_of(tables), snakemake.output.csv)
    for family, file in zip(snakemake.params.graphs, snakemake.output.graphs, strict=True):
        save_svg(draw_testing_graph(family, settings.families[family], adjusted, displays), file)
