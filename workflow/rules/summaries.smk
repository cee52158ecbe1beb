"""Room summaries: the study-level results, one rule each (docs/summaries.md).

in: adam/, clean/, as each summary declares; out: summaries/<name>/results.csv. A study makes those that it declares.
"""


rule reconcile:
    """ADSL and the forms must agree on who is in the flow, or the run ends before anything is modelled."""
    input:
        adsl="<results>/adam/adsl.parquet",
        tables=dag.summaries.reconciled_tables(),
        ledgers=[],
        records=[],
        datasets=[],
        code=code_of("reconcile"),
    output:
        "<results>/summaries/flow/reconciled.txt",
    log:
        "<logs>/summaries/reconcile.log",
    benchmark:
        "<benchmarks>/summaries/reconcile.tsv"
    priority: 75  # every fit waits for it
    conda:
        "../../environment.yml"
    params:
        reconcile=dag.summaries.reconciliation(),
    script:
        "../../scripts/reconcile.py"


rule summary_flow:
    """Participant flow, from randomization to analysis."""
    input:
        adsl="<results>/adam/adsl.parquet",
        tables=dag.summaries.tables("flow"),
        ledgers=dag.summaries.ledgers("flow"),
        records=dag.summaries.records("flow"),
        datasets=dag.summaries.datasets("flow"),
        results=dag.summaries.endpoint_results("flow"),
        code=code_of("summary", *dag.summaries.modules("flow")),
    output:
        "<results>/summaries/flow/results.csv",
    log:
        "<logs>/summaries/flow.log",
    benchmark:
        "<benchmarks>/summaries/flow.tsv"
    conda:
        "../../environment.yml"
    params:
        summary=dag.summaries.params("flow"),
    script:
        "../../scripts/summary.py"


rule summary_populations:
    """How many each analysis set has."""
    input:
        adsl="<results>/adam/adsl.parquet",
        tables=dag.summaries.tables("populations"),
        ledgers=dag.summaries.ledgers("populations"),
        records=dag.summaries.records("populations"),
        datasets=dag.summaries.datasets("populations"),
        code=code_of("summary", *dag.summaries.modules("populations")),
    output:
        "<results>/summaries/populations/results.csv",
    log:
        "<logs>/summaries/populations.log",
    benchmark:
        "<benchmarks>/summaries/populations.tsv"
    conda:
        "../../environment.yml"
    params:
        summary=dag.summaries.params("populations"),
    script:
        "../../scripts/summary.py"


rule summary_baseline:
    """Demographics and baseline characteristics by arm."""
    input:
        adsl="<results>/adam/adsl.parquet",
        tables=dag.summaries.tables("baseline"),
        ledgers=dag.summaries.ledgers("baseline"),
        records=dag.summaries.records("baseline"),
        datasets=dag.summaries.datasets("baseline"),
        code=code_of("summary", *dag.summaries.modules("baseline")),
    output:
        "<results>/summaries/baseline/results.csv",
    log:
        "<logs>/summaries/baseline.log",
    benchmark:
        "<benchmarks>/summaries/baseline.tsv"
    conda:
        "../../environment.yml"
    params:
        summary=dag.summaries.params("baseline"),
    script:
        "../../scripts/summary.py"


if "adverse_events" in dag.summaries:

    rule summary_adverse_events:
        """Adverse events: patients, events, rates and risk differences by subset, class, term and grade."""
        input:
            adsl="<results>/adam/adsl.parquet",
            tables=dag.summaries.tables("adverse_events"),
            ledgers=dag.summaries.ledgers("adverse_events"),
            records=dag.summaries.records("adverse_events"),
            datasets=dag.summaries.datasets("adverse_events"),
            code=code_of("summary", *dag.summaries.modules("adverse_events")),
        output:
            "<results>/summaries/adverse_events/results.csv",
        log:
            "<logs>/summaries/adverse_events.log",
        benchmark:
            "<benchmarks>/summaries/adverse_events.tsv"
        conda:
            "../../environment.yml"
        params:
            summary=dag.summaries.params("adverse_events"),
        script:
            "../../scripts/summary.py"


if "sites" in dag.summaries:

    rule summary_sites:
        """Participants by site, arm and population."""
        input:
            adsl="<results>/adam/adsl.parquet",
            tables=dag.summaries.tables("sites"),
            ledgers=dag.summaries.ledgers("sites"),
            records=dag.summaries.records("sites"),
            datasets=dag.summaries.datasets("sites"),
            code=code_of("summary", *dag.summaries.modules("sites")),
        output:
            "<results>/summaries/sites/results.csv",
        log:
            "<logs>/summaries/sites.log",
        benchmark:
            "<benchmarks>/summaries/sites.tsv"
        conda:
            "../../environment.yml"
        params:
            summary=dag.summaries.params("sites"),
        script:
            "../../scripts/summary.py"


if "disposition" in dag.summaries:

    rule summary_disposition:
        """How the study ended for whom: completed, left early and why."""
        input:
            adsl="<results>/adam/adsl.parquet",
            tables=dag.summaries.tables("disposition"),
            ledgers=dag.summaries.ledgers("disposition"),
            records=dag.summaries.records("disposition"),
            datasets=dag.summaries.datasets("disposition"),
            code=code_of("summary", *dag.summaries.modules("disposition")),
        output:
            "<results>/summaries/disposition/results.csv",
        log:
            "<logs>/summaries/disposition.log",
        benchmark:
            "<benchmarks>/summaries/disposition.tsv"
        conda:
            "../../environment.yml"
        params:
            summary=dag.summaries.params("disposition"),
        script:
            "../../scripts/summary.py"


if "deviations" in dag.summaries:

    rule summary_deviations:
        """Protocol deviations by class and term."""
        input:
            adsl="<results>/adam/adsl.parquet",
            tables=dag.summaries.tables("deviations"),
            ledgers=dag.summaries.ledgers("deviations"),
            records=dag.summaries.records("deviations"),
            datasets=dag.summaries.datasets("deviations"),
            code=code_of("summary", *dag.summaries.modules("deviations")),
        output:
            "<results>/summaries/deviations/results.csv",
        log:
            "<logs>/summaries/deviations.log",
        benchmark:
            "<benchmarks>/summaries/deviations.tsv"
        conda:
            "../../environment.yml"
        params:
            summary=dag.summaries.params("deviations"),
        script:
            "../../scripts/summary.py"


if "exposure" in dag.summaries:

    rule summary_exposure:
        """Doses, amounts, duration and compliance."""
        input:
            adsl="<results>/adam/adsl.parquet",
            tables=dag.summaries.tables("exposure"),
            ledgers=dag.summaries.ledgers("exposure"),
            records=dag.summaries.records("exposure"),
            datasets=dag.summaries.datasets("exposure"),
            code=code_of("summary", *dag.summaries.modules("exposure")),
        output:
            "<results>/summaries/exposure/results.csv",
        log:
            "<logs>/summaries/exposure.log",
        benchmark:
            "<benchmarks>/summaries/exposure.tsv"
        conda:
            "../../environment.yml"
        params:
            summary=dag.summaries.params("exposure"),
        script:
            "../../scripts/summary.py"


if "medication" in dag.summaries:

    rule summary_medication:
        """Medication before and during treatment, by class and term."""
        input:
            adsl="<results>/adam/adsl.parquet",
            tables=dag.summaries.tables("medication"),
            ledgers=dag.summaries.ledgers("medication"),
            records=dag.summaries.records("medication"),
            datasets=dag.summaries.datasets("medication"),
            code=code_of("summary", *dag.summaries.modules("medication")),
        output:
            "<results>/summaries/medication/results.csv",
        log:
            "<logs>/summaries/medication.log",
        benchmark:
            "<benchmarks>/summaries/medication.tsv"
        conda:
            "../../environment.yml"
        params:
            summary=dag.summaries.params("medication"),
        script:
            "../../scripts/summary.py"


rule summary_data_quality:
    """What cleaning changed and queried, and who is in the forms without being randomized."""
    input:
        adsl="<results>/adam/adsl.parquet",
        tables=dag.summaries.tables("data_quality"),
        ledgers=dag.summaries.ledgers("data_quality"),
        records=dag.summaries.records("data_quality"),
        datasets=dag.summaries.datasets("data_quality"),
        code=code_of("summary", *dag.summaries.modules("data_quality")),
    output:
        "<results>/summaries/data_quality/results.csv",
    log:
        "<logs>/summaries/data_quality.log",
    benchmark:
        "<benchmarks>/summaries/data_quality.tsv"
    conda:
        "../../environment.yml"
    params:
        summary=dag.summaries.params("data_quality"),
    script:
        "../../scripts/summary.py"


if dag.study.adverse_events:

    rule listing_adverse_events:
        """Every adverse event, patient by patient; the serious ones once more, for the report of open data."""
        input:
            adae="<results>/adam/adae.parquet",
            code=code_of("listing_adverse_events"),
        output:
            all="<results>/listings/adverse_events.csv",
            serious="<results>/listings/serious_adverse_events.csv",
            html="<results>/listings/adverse_events.html",
        log:
            "<logs>/listing_adverse_events.log",
        benchmark:
            "<benchmarks>/listing_adverse_events.tsv"
        conda:
            "../../environment.yml"
        params:
            listing=dag.adverse_events.listing(),
        script:
            "../../scripts/listing_adverse_events.py"


if "laboratory" in dag.summaries:

    rule summary_laboratory:
        """Laboratory by visit, shifts from baseline, abnormal results, Hy's law."""
        input:
            adsl="<results>/adam/adsl.parquet",
            tables=dag.summaries.tables("laboratory"),
            ledgers=dag.summaries.ledgers("laboratory"),
            records=dag.summaries.records("laboratory"),
            datasets=dag.summaries.datasets("laboratory"),
            code=code_of("summary", *dag.summaries.modules("laboratory")),
        output:
            "<results>/summaries/laboratory/results.csv",
        log:
            "<logs>/summaries/laboratory.log",
        benchmark:
            "<benchmarks>/summaries/laboratory.tsv"
        conda:
            "../../environment.yml"
        params:
            summary=dag.summaries.params("laboratory"),
        script:
            "../../scripts/summary.py"


if "vital_signs" in dag.summaries:

    rule summary_vital_signs:
        """Vital signs by visit, shifts from baseline, abnormal results."""
        input:
            adsl="<results>/adam/adsl.parquet",
            tables=dag.summaries.tables("vital_signs"),
            ledgers=dag.summaries.ledgers("vital_signs"),
            records=dag.summaries.records("vital_signs"),
            datasets=dag.summaries.datasets("vital_signs"),
            code=code_of("summary", *dag.summaries.modules("vital_signs")),
        output:
            "<results>/summaries/vital_signs/results.csv",
        log:
            "<logs>/summaries/vital_signs.log",
        benchmark:
            "<benchmarks>/summaries/vital_signs.tsv"
        conda:
            "../../environment.yml"
        params:
            summary=dag.summaries.params("vital_signs"),
        script:
            "../../scripts/summary.py"


rule edish:
    """The liver's tests, patient by patient: peaks under treatment, listed and drawn."""
    input:
        adsl="<results>/adam/adsl.parquet",
        tables=[],
        ledgers=[],
        records=[],
        datasets=dag.summaries.datasets("laboratory"),
        code=code_of("edish"),
    output:
        figure="<results>/summaries/laboratory/edish.svg",
        peaks="<results>/summaries/laboratory/liver.csv",
    log:
        "<logs>/summaries/edish.log",
    benchmark:
        "<benchmarks>/summaries/edish.tsv"
    conda:
        "../../environment.yml"
    params:
        summary=dag.summaries.params("laboratory"),
        display=dag.summaries.display(),
    script:
        "../../scripts/edish.py"


rule query_list:
    """Every finding of cleaning, a sheet per site, for the data manager; it names patients."""
    input:
        adsl="<results>/adam/adsl.parquet",
        tables=[],
        ledgers=dag.summaries.ledgers("data_quality"),
        records=[],
        datasets=[],
        code=code_of("query_list"),
    output:
        "<results>/listings/queries.xlsx",
    log:
        "<logs>/summaries/query_list.log",
    benchmark:
        "<benchmarks>/summaries/query_list.tsv"
    conda:
        "../../environment.yml"
    params:
        title=f"Findings of {dag.study.stamped}",
        site=dag.study.summaries.data_quality.site,
    script:
        "../../scripts/query_list.py"
