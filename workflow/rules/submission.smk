"""Room submission: derived data as regulators and other programs receive them.

in: adam/; out: submission/<dataset>.xpt, <dataset>.json, define.xml, variables.html. A study makes them when it asks.
"""

if dag.submission.files():

    rule submission:
        """ADSL, ADAE and one BDS per form in standard files, described variable by variable."""
        input:
            tables=dag.submission.tables(),
            code=code_of("submission"),
        output:
            dag.submission.files(),
        log:
            "<logs>/submission.log",
        benchmark:
            "<benchmarks>/submission.tsv"
        conda:
            "../../environment.yml"
        params:
            standard=dag.submission.params(),
        script:
            "../../scripts/submission.py"
