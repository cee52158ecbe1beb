"""Room derive, study level: clean tables become ADSL, one row per subject, ADAE, one row per adverse event, and findings (ADLB, ADVS).

in: clean/; out: adam/adsl.parquet, adam/adae.parquet and its ledger, adam/<dataset>.parquet. The records of each endpoint are derived in the job that fits it (fit.smk).
"""


rule subjects:
    """ADSL: arms, dates, strata, covariates, flags, populations."""
    input:
        tables=expand("<results>/clean/{table}.parquet", table=dag.subject_tables()),
        others=ancient(expand("<results>/clean/{table}.parquet", table=dag.other_tables())),  # waits, never reruns
        code=code_of("subjects"),
    output:
        "<results>/adam/adsl.parquet",
    log:
        "<logs>/subjects.log",
    benchmark:
        "<benchmarks>/subjects.tsv"
    priority: 80
    conda:
        "../../environment.yml"
    params:
        config=dag.file,
        subjects=dag.subjects(),
    script:
        "../../scripts/subjects.py"


if dag.study.adverse_events:

    rule adverse_events:
        """ADAE: onset, treatment-emergent events, first occurrences; findings that cannot be true end the run."""
        input:
            tables=dag.adverse_event_tables(),
            adsl="<results>/adam/adsl.parquet",
            code=code_of("adverse_events"),
        output:
            adae="<results>/adam/adae.parquet",
            ledger="<results>/adam/adae.ledger.csv",
        log:
            "<logs>/adverse_events.log",
        benchmark:
            "<benchmarks>/adverse_events.tsv"
        priority: 75
        conda:
            "../../environment.yml"
        params:
            config=dag.file,
            adverse_events=dag.adverse_event_settings(),
        script:
            "../../scripts/adverse_events.py"


rule findings:
    """Laboratory, vital signs: every result with its visit, baseline, change and place in the reference range."""
    input:
        table=lambda wildcards: dag.finding_table(wildcards.dataset),
        adsl="<results>/adam/adsl.parquet",
        code=code_of("findings"),
    output:
        "<results>/adam/{dataset}.parquet",
    log:
        "<logs>/findings/{dataset}.log",
    benchmark:
        "<benchmarks>/findings/{dataset}.tsv"
    conda:
        "../../environment.yml"
    params:
        config=dag.file,
        findings=lambda wildcards: dag.findings(wildcards.dataset),
    script:
        "../../scripts/findings.py"
