"""Names as the file spells them."""

import pytest
from rctflow.propose.names import label_of, spelled


@pytest.mark.parametrize(
    ("header", "stem", "spelling"),
    [
        ("V3.PD.avg", ("pd", "avg"), "PD.avg"),
        ("pacu30min_throatPain", ("throat", "pain"), "throatPain"),
        ("bdi.2m", ("bdi",), "bdi"),
        ("week0", (), "week0"),
    ],
)
def test_the_measure_within_a_header(header: str, stem: tuple[str, ...], spelling: str) -> None:
    assert spelled(header, stem) == spelling


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("opioid_total", "Opioid total"),
        ("relapse", "Relapse"),
        ("Walk.Speed", "Walk speed"),
        ("PD.avg", "PD.avg"),
        ("throatPain", "throatPain"),
        ("bdi", "bdi"),
        ("sf36", "sf36"),
    ],
)
def test_labels_keep_the_spelling_of_what_is_not_plainly_words(name: str, label: str) -> None:
    assert label_of(name) == label
