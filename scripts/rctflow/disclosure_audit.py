"""Secondary suppression: which further counts must be hidden so that no small count can be computed.

The counts of a result file obey linear relations: arms add up to the total, levels to the number with a value, reasons
to those who left. A hidden count x_h is protected when the largest value that the relations, the shown counts and
x >= 1 for every hidden count allow is at least k: a reader can then not even say that it is small. As long as one is
not, a further count of its relations is hidden: a total over arms before an arm (other files show arms), the smallest
first (Fischetti & Salazar 2001 choose the optimum; this is a greedy choice, audited by the same linear programs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rctflow.results import Result

Relation = tuple[dict[int, int], int]
"""Row number -> coefficient, and the constant that the sum equals."""


def further_cells(rows: Sequence[Result], counts: Mapping[int, int], small: set[int], k: int) -> set[int]:
    """Row numbers to hide beside ``small``. counts: row number -> count."""
    relations = [*relations_of(rows, counts)]
    hidden = set(small)
    for cell in sorted(small):
        while largest(cell, relations, counts, hidden) < k:
            hidden.add(_next(cell, relations, rows, counts, hidden))
    return hidden - small


def relations_of(rows: Sequence[Result], counts: Mapping[int, int]) -> Iterator[Relation]:
    """The sums that the counts of ``rows`` obey, as every reader knows them."""
    place = {_name(rows[i]): i for i in counts}
    groups: dict[tuple[str, ...], list[int]] = {}
    for i in counts:
        row = rows[i]
        kind, _, level = row.statistic.partition(":")
        groups.setdefault(("arms", *_name(row, group="")), []).append(i) if row.group else None
        if row.endpoint == "data_quality":
            if kind != "note" and row.analysis != row.endpoint:
                groups.setdefault(("arms", *_name(row, analysis=row.endpoint)), []).append(i)
            if level and kind != "note":
                groups.setdefault(("levels", *_name(row, statistic="n")), []).append(i)
        elif level:
            groups.setdefault(("levels", *_name(row, statistic=kind)), []).append(i)
        elif kind in ("n_completed", "n_discontinued", "n_status_unknown"):
            groups.setdefault(("levels", *_name(row, statistic="n_randomized")), []).append(i)
        elif kind == "n_missing":
            n = place[_name(row, statistic="n")]
            yield {i: 1, n: 1}, counts[i] + counts[n]  # the size of the population is in another file
    for (_, *name), parts in groups.items():
        total = place.get(tuple(name))
        if total is not None and counts[total] == sum(counts[i] for i in parts):
            yield {total: 1} | dict.fromkeys(parts, -1), 0


def _name(row: Result, **other: str) -> tuple[str, ...]:
    names = ("endpoint", "analysis", "population", "visit", "group", "statistic")
    return tuple(other.get(name, getattr(row, name)) for name in names)


def largest(cell: int, relations: Sequence[Relation], counts: Mapping[int, int], hidden: set[int]) -> float:
    """The largest value of a hidden count that the relations allow when every hidden count is at least 1."""
    from scipy.optimize import linprog

    cells, used = _component(cell, relations, hidden)
    if not used:
        return float("inf")
    order = sorted(cells)
    matrix, right = [], []
    for coefficients, constant in used:
        matrix.append([coefficients.get(i, 0) for i in order])
        right.append(constant - sum(c * counts[i] for i, c in coefficients.items() if i not in hidden))
    goal = [-1.0 if i == cell else 0.0 for i in order]
    found = linprog(goal, A_eq=matrix, b_eq=right, bounds=[(1, None)] * len(order), method="highs")
    return float("inf") if found.status == 3 else 1e-6 - float(found.fun or 0)


def _component(cell: int, relations: Sequence[Relation], hidden: set[int]) -> tuple[set[int], list[Relation]]:
    """The hidden cells that hang together with ``cell``, and the relations between them."""
    cells, used = {cell}, list[Relation]()
    rest = list(relations)
    while near := [relation for relation in rest if cells & set(relation[0])]:
        used += near
        rest = [relation for relation in rest if relation not in near]
        cells |= {i for coefficients, _ in near for i in coefficients if i in hidden}
    return cells, used


def _next(
    cell: int, relations: Sequence[Relation], rows: Sequence[Result], counts: Mapping[int, int], hidden: set[int]
) -> int:
    """The next count to hide: of the cell's own relations as long as they have one, else of those that touch them."""
    own = [relation for relation in relations if cell in relation[0]]
    for chosen in (own, _component(cell, relations, hidden)[1]):
        open_cells = {i for coefficients, _ in chosen for i in coefficients if i not in hidden and counts[i]}
        if open_cells:
            return min(open_cells, key=lambda i: (bool(rows[i].group), counts[i], i))
    raise AssertionError("a count without shown neighbours has no upper bound")
