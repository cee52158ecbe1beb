"""Adapter of rule report: result rows, figures, tables and summaries -> one HTML page."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.outputs import write_text
    from rctflow.plan.status import read_status
    from rctflow.report.endpoint import EndpointPart
    from rctflow.report.labels import with_labels
    from rctflow.report.render import FamiliesPart, StudyPart, render_report
    from rctflow.report.settings import ReportSettings
    from rctflow.report.software import software_versions
    from rctflow.report.summaries import SummaryPart
    from rctflow.results import read_results
    from rctflow.settings import settings_from

    inputs = snakemake.input
    folders = [Path(file).parent for file in inputs.results]
    forest, overview = (Path(file).read_text(encoding="utf-8") for file in inputs.overview)
    families = FamiliesPart.read(inputs.multiplicity)
    beside = (inputs.figures, inputs.listings)
    summaries = {Path(file).parent.name: SummaryPart.read(Path(file), *beside) for file in inputs.summaries}
    study = StudyPart(summaries, read_results(Path(inputs.second)), forest, overview, families)
    some = [*inputs.subgroups, *inputs.left_out]
    endpoints = {folder.name: EndpointPart.read(folder, inputs.resampling, some) for folder in folders}
    settings = with_labels(settings_from(ReportSettings, snakemake.params.report), inputs.labels)
    plan = read_status(snakemake.params.plan, inputs.lock, inputs.adsl, inputs.ledgers, inputs.deviations)
    write_text(render_report(settings, study, endpoints, software_versions(), plan), snakemake.output[0])
