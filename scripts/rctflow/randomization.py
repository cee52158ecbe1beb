"""The declared randomization scheme: how patients were allocated, so that an allocation can be drawn again.

Within a stratum patients come in blocks; a block of size s holds s * share / (sum of shares) places of each arm, in
random order. To draw its places one after the other without replacement gives the same law as to permute it, also for
a last block that was never filled, so that one walk serves drawing, counting, enumerating and checking.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from rctflow.errors import RctflowError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CELLS_AT_ONCE = 4_000_000


class SchemeError(RctflowError):
    """A randomization scheme, or an order of patients, that nothing can be drawn from."""


@dataclass(frozen=True)
class Scheme:
    """How patients were randomized.

    method: permuted_blocks (within each stratum) or simple (each patient by chance alone). ratio: arm id -> its share
    (1:1 when omitted). blocks: sizes of the permuted blocks; with sequence in_turn each stratum uses them in this
    order again and again, with random each block's size is drawn. order: column of the subjects' table that sorts
    patients as they were randomized (the randomization date when omitted). The strata are those under ``subjects``.
    """

    method: Literal["permuted_blocks", "simple"] = "permuted_blocks"
    ratio: dict[str, int] = field(default_factory=dict)
    blocks: tuple[int, ...] = ()
    sequence: Literal["in_turn", "random"] = "random"
    order: str = ""


# What is left of the block that is being filled, per arm, and how many blocks were opened (kept at 0 when sizes are
# drawn: nothing depends on it then).
State = tuple[tuple[int, ...], int]


def scheme_problems(scheme: Scheme, arms: Sequence[str]) -> list[tuple[str, str]]:
    """(key of the scheme, what is wrong with it and the remedy); empty when allocations can be drawn."""
    problems = []
    for arm, share in scheme.ratio.items():
        if arm not in arms:
            problems.append(("ratio", f"{arm!r} is no arm. One of: {', '.join(arms)}"))
        if share < 1:
            problems.append(("ratio", f"the share of {arm} is {share}; shares are whole numbers from 1"))
    if scheme.ratio and (absent := [arm for arm in arms if arm not in scheme.ratio]):
        problems.append(("ratio", f"says nothing of {absent[0]}; give every arm its share, or none for 1:1"))
    if scheme.method == "simple" and scheme.blocks:
        problems.append(
            ("blocks", "simple randomization has no blocks; remove them, or write `method: permuted_blocks`")
        )
    if scheme.method == "permuted_blocks" and not scheme.blocks:
        problems.append(("blocks", "the sizes of the permuted blocks are missing; write them, such as `blocks: [4]`"))
    total = sum(scheme.ratio.values()) if scheme.ratio else len(arms)
    for size in scheme.blocks:
        if size < 1 or size % total:
            problems.append(("blocks", f"a block of {size} cannot hold the ratio; sizes are multiples of {total}"))
    return problems


def draw_allocation(
    scheme: Scheme, arms: Sequence[str], strata: Sequence[Hashable], order: Any, rng: np.random.Generator
) -> NDArray[Any]:
    """(patients,) arm ids, one allocation drawn from the scheme; arguments and errors as of ``draw_many``."""
    import numpy as np

    return np.array(list(arms), dtype=object)[draw_many(scheme, arms, strata, order, 1, rng)[0]]


def draw_many(
    scheme: Scheme, arms: Sequence[str], strata: Sequence[Hashable], order: Any, n: int, rng: np.random.Generator
) -> NDArray[np.int8]:
    """(n, patients) positions in ``arms``: n allocations, given the patients' strata and the order of randomization.

    strata: (patients,) one label each. order: (patients,) sortable, without missing values; equal ones keep the order
    given. The first k of n allocations are the same whatever n is. Raises SchemeError.
    """
    import numpy as np

    _require(scheme, arms)
    members = _members(strata, order)
    drawn = np.empty((n, len(strata)), np.int8)
    step = max(1, CELLS_AT_ONCE // max(1, 2 * len(strata)))
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        luck = rng.random((rows.stop - start, len(strata), 2))
        for positions in members.values():
            drawn[rows, positions] = _draw_stratum(scheme, arms, luck[:, positions])
    return drawn


def _draw_stratum(scheme: Scheme, arms: Sequence[str], luck: NDArray[np.float64]) -> NDArray[np.int8]:
    """(n, m) positions in ``arms`` of one stratum's m patients; luck: (n, m, 2), uniform, for the arm and the size."""
    import numpy as np

    n, m, _ = luck.shape
    shares = np.array(_shares(scheme, arms))
    drawn = np.empty((n, m), np.int8)
    if scheme.method == "simple":
        edges = np.cumsum(shares)[:-1] / shares.sum()
        return np.searchsorted(edges, luck[:, :, 0], side="right").astype(np.int8)
    contents = np.array([[size * share // shares.sum() for share in shares] for size in scheme.blocks])
    left, opened, every = np.zeros((n, len(arms)), np.int64), 0, np.arange(n)
    for i in range(m):
        empty = left.sum(axis=1) == 0
        if scheme.sequence == "in_turn":  # all allocations open a block at the same patient
            left[empty] = contents[opened % len(contents)]
            opened += int(empty[0])
        else:
            left[empty] = contents[(luck[empty, i, 1] * len(contents)).astype(np.int64)]
        edges = left.cumsum(axis=1)
        drawn[:, i] = (luck[:, i, 0, None] * edges[:, -1:] >= edges).sum(axis=1)
        left[every, drawn[:, i]] -= 1
    return drawn


def possible_under(
    scheme: Scheme, arms: Sequence[str], strata: Sequence[Hashable], order: Any, allocation: Sequence[str]
) -> str:
    """Why the scheme cannot have given the ``allocation`` (arm ids of the patients), or "" when it can have.

    Names the first stratum whose blocks do not balance, so never print it of a blinded study. Raises SchemeError.
    """
    _require(scheme, arms)
    strangers = sorted({str(arm) for arm in allocation} - set(arms))
    if strangers:
        return f"{strangers[0]!r} is no arm of the scheme ({', '.join(arms)})"
    for stratum, positions in _members(strata, order).items():
        states = {_start(arms)}
        for place, patient in enumerate(positions, start=1):
            arm = list(arms).index(allocation[patient])
            states = {after for state in states for after, given, _ in _steps(scheme, arms, state) if given == arm}
            if not states:
                how = f"blocks of {', '.join(map(str, scheme.blocks))} ({scheme.sequence.replace('_', ' ')})"
                return (
                    f"stratum {stratum}: {how} leave no place for {allocation[patient]} at patient {place} of "
                    f"{len(positions)}. Correct the scheme, the strata or the order of randomization (patients of one "
                    "date need a column that tells who came first)"
                )
    return ""


def count_allocations(scheme: Scheme, arms: Sequence[str], strata: Sequence[Hashable]) -> int:
    """How many allocations the scheme can give these patients, exactly. Raises SchemeError."""
    _require(scheme, arms)
    total = 1
    for positions in _members(strata, range(len(strata))).values():
        # Several sizes of blocks can give one allocation: it is counted by the set of states that it can have led to.
        reached = {frozenset({_start(arms)}): 1}
        for _ in positions:
            following: dict[frozenset[State], int] = {}
            for states, ways in reached.items():
                for arm in range(len(arms)):
                    after = {s for state in states for s, given, _ in _steps(scheme, arms, state) if given == arm}
                    if after:
                        following[frozenset(after)] = following.get(frozenset(after), 0) + ways
            reached = following
        total *= sum(reached.values())
    return total


def enumerate_allocations(
    scheme: Scheme, arms: Sequence[str], strata: Sequence[Hashable], order: Any, limit: int = 100_000
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Every allocation that the scheme can give, (k, patients) positions in ``arms``, and its probability (k,).

    Probabilities differ where a last block is not filled or sizes are drawn. Raises SchemeError, also when there are
    more than ``limit`` allocations.
    """
    import numpy as np

    known = count_allocations(scheme, arms, strata)
    if known > limit:
        raise SchemeError(
            f"randomization: the scheme has {known} allocations of these patients, more than {limit}; draw them at "
            "random instead"
        )
    members = _members(strata, order)
    parts = [_sequences(scheme, arms, len(positions)) for positions in members.values()]
    every = np.empty((known, len(strata)), np.int8)
    chance = np.ones(known)
    for row, chosen in enumerate(product(*(part.items() for part in parts))):
        for positions, (sequence, probability) in zip(members.values(), chosen, strict=True):
            every[row, positions] = sequence
            chance[row] *= probability
    return every, chance


def _sequences(scheme: Scheme, arms: Sequence[str], size: int) -> dict[tuple[int, ...], float]:
    """Each sequence of arms of a stratum with ``size`` patients, and its probability."""
    found: dict[tuple[int, ...], dict[State, float]] = {(): {_start(arms): 1.0}}
    for _ in range(size):
        longer: dict[tuple[int, ...], dict[State, float]] = {}
        for sequence, states in found.items():
            for state, probability in states.items():
                for after, arm, chance in _steps(scheme, arms, state):
                    here = longer.setdefault((*sequence, arm), {})
                    here[after] = here.get(after, 0.0) + probability * chance
        found = longer
    return {sequence: sum(states.values()) for sequence, states in found.items()}


def _start(arms: Sequence[str]) -> State:
    return (0,) * len(arms), 0


def _steps(scheme: Scheme, arms: Sequence[str], state: State) -> Iterator[tuple[State, int, float]]:
    """(state after, position of the arm given, probability) of the next patient."""
    shares, (left, opened) = _shares(scheme, arms), state
    if scheme.method == "simple":
        yield from ((state, arm, share / sum(shares)) for arm, share in enumerate(shares))
        return
    blocks = [(left, opened, 1.0)]
    if not any(left):
        in_turn = scheme.sequence == "in_turn"
        sizes = [scheme.blocks[opened % len(scheme.blocks)]] if in_turn else list(scheme.blocks)
        number = (opened + 1) % len(scheme.blocks) if in_turn else 0
        blocks = [(tuple(s * share // sum(shares) for share in shares), number, 1 / len(sizes)) for s in sizes]
    for places, number, chance in blocks:
        for arm, free in enumerate(places):
            if free:
                after = (*places[:arm], free - 1, *places[arm + 1 :])
                yield (after, number), arm, chance * free / sum(places)


def _shares(scheme: Scheme, arms: Sequence[str]) -> list[int]:
    return [scheme.ratio.get(arm, 1) for arm in arms]


def _require(scheme: Scheme, arms: Sequence[str]) -> None:
    for key, message in scheme_problems(scheme, arms):
        raise SchemeError(f"randomization.{key}: {message}")


def _members(strata: Sequence[Hashable], order: Any) -> dict[Hashable, list[int]]:
    """Stratum -> positions of its patients as they were randomized; strata in the order of their text."""
    keys = list(order)
    if len(keys) != len(strata):
        raise SchemeError(f"randomization: {len(strata)} strata and {len(keys)} places in the order of patients")
    if any(key is None or key != key for key in keys):
        raise SchemeError(
            "randomization.order: a patient has no place in the order of randomization; complete the form"
        )
    members: dict[Hashable, list[int]] = {}
    for position in sorted(range(len(keys)), key=keys.__getitem__):
        members.setdefault(strata[position], []).append(position)
    return dict(sorted(members.items(), key=lambda item: str(item[0])))
