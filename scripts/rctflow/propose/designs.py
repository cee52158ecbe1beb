"""Designs that the models here cannot analyse: named and refused, before anything is proposed."""

from __future__ import annotations

from collections.abc import Sequence

from rctflow.propose.forms import ProposalError
from rctflow.propose.names import words
from rctflow.propose.roles import ARM_ENOUGH, ArmColumn, Table, arm_score, few_levels
from rctflow.propose.vocabulary import CLUSTERS

FEWEST_CLUSTERS, FEWEST_MEMBERS = 4, 3


def refuse_crossover(tables: Sequence[Table], arm: ArmColumn | None) -> None:
    """Raises ProposalError when subjects have two arms: the likeliest arm column differs within many of them."""
    for table in tables:
        for header in table.looks:
            if not few_levels(table, header) or arm_score(header, table.looks[header].levels) < ARM_ENOUGH:
                continue
            share = table.varying(header)
            if share >= 0.2 and (arm is None or arm.score <= arm_score(header, table.looks[header].levels)):
                raise ProposalError(
                    f"{table.form.name}: column {header} names the arm, and {share:.0%} of the subjects have more than "
                    "one "
                    f"({', '.join(table.looks[header].levels)}). That is a crossover design: it is not analysable "
                    "here, because the "
                    f"models take each subject as one unit of one arm. If {header} is something else, rename it and "
                    "say which "
                    "column holds the randomized arm."
                )


def refuse_clusters(tables: Sequence[Table], arm: ArmColumn | None) -> None:
    """Raises ProposalError when the arm never differs within sites, villages, ...: whole groups were randomized."""
    table = next((table for table in tables if arm and table.id == arm.table), None)
    if arm is None or table is None:
        return
    people = table.form.cells.assign(**{"": table.people}).drop_duplicates("")
    for header in table.looks:
        if header in (arm.header, table.subject) or not set(words(header)) & set(CLUSTERS):
            continue
        known = people[people[arm.header].isin(arm.levels) & (people[header] != "")]
        groups = known.groupby(header)[arm.header].agg(["size", "nunique"])
        members = groups[groups["size"] > 1]
        if (
            len(members) >= FEWEST_CLUSTERS
            and members["size"].mean() >= FEWEST_MEMBERS
            and (members["nunique"] == 1).all()
        ):
            raise ProposalError(
                f"{table.form.name}: in all {len(members)} groups of {header} every subject has the same arm. That is "
                "a cluster "
                f"design ({header} was randomized, not the subject): it is not analysable here, because the models "
                "take subjects as "
                "independent."
            )
