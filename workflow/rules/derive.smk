"""Room derive, study level: clean tables become ADAE, one row per adverse event, ADSL, one row per subject, and findings (ADLB, ADVS).

in: clean/; out: adam/adsl.parquet, adam/adae.parquet and its ledger, adam/<dataset>.parquet. The records of each endpoint are derived in the job that fits it (fit.smk).
"""


rule subjects:
    """ADSL: arms, dates, strata, covariates, flags, populations."""
    input:
        tables=expand("<results>/clean/{table}.parquet", table=dag.subject_tables()),
        others=ancient(expand("<results>/clean/{table}.parquet", table=dag.other_tables())),  # waits, never reruns
        checked=ancient(dag.adverse_events.files()),  # waits, never reruns
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
        """ADAE: onset, treatment-emergent events, first occurrences; what cannot be true ends the run before ADSL is written."""
        input:
            tables=dag.adverse_events.tables(),
            others=ancient(expand("<results>/clean/{table}.parquet", table=dag.other_tables())),  # waits, never reruns
            code=code_of("adverse_events"),
        output:
            adae="<results>/adam/adae.parquet",
            ledger="<results>/adam/adae.ledger.csv",
        log:
            "<logs>/adverse_events.log",
        benchmark:
            "<benchmarks>/adverse_events.tsv"
        priority: 85
        conda:
            "../../environment.yml"
        params:
            config=dag.file,
            adverse_events=dag.adverse_events.settings(),
            subjects=dag.subjects(),
        script:
            "../../scripts/adverse_events.py"


rule findings:
    """Laboratory, vital signs: every result with its visit, baseline, change and place in the reference range."""
    input:
        tables=lambda wildcards: dag.finding_tables(wildcards.dataset),
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
