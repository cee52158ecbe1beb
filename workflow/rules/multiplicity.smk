"""Room inference, study level: p-values that are tested together are adjusted together, family by family.

in: endpoints/<endpoint>/results.csv of the tested endpoints; out: summaries/multiplicity/results.csv,
tables/multiplicity.*, figures/multiplicity_<family>.svg of graphical procedures.
"""

if dag.study.multiplicity:

    rule multiplicity:
        """Adjusted p-values and decisions of every family, their tables and graphs."""
        input:
            results=dag.families.tested_results(),
            adsl="<results>/adam/adsl.parquet",
            ledgers=dag.plan.ledgers(*dag.study.endpoints),
            lock=dag.plan.files(),
            code=code_of("multiplicity"),
        output:
            results="<results>/summaries/multiplicity/results.csv",
            html="<results>/tables/multiplicity.html",
            csv=report("<results>/tables/multiplicity.csv", category="overview"),
            graphs=report(dag.families.graphs(), category="overview"),
        log:
            "<logs>/multiplicity.log",
        benchmark:
            "<benchmarks>/multiplicity.tsv"
        conda:
            "../../environment.yml"
        params:
            multiplicity=dag.families.settings(),
            displays=dag.families.displays(),
            graphs=dag.families.graphical(),
            plan=lambda wildcards: dag.plan.since(*dag.study.endpoints),
        script:
            "../../scripts/multiplicity.py"
