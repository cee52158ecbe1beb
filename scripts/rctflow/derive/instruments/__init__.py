"""Questionnaires and performance tests as data: an instrument is a YAML file, and one small engine scores it.

    instrument = load_instrument("sf36v2")                     # workflow/instruments/sf36v2.yaml, or a path
    scores = score(instrument, items, {"norms": "us1998"})     # one row per assessment

docs/instruments.md says how to write one. The room inside: model (what an instrument is), load (read and check the
file), operations (the vocabulary of steps), engine (run the steps), recognise (find an instrument in the columns of a
data file).
"""

from rctflow.derive.instruments.engine import needed_columns, score
from rctflow.derive.instruments.load import available, find_instrument, load_instrument
from rctflow.derive.instruments.model import Covariate, Instrument, InstrumentError, Item, Option, Score
from rctflow.derive.instruments.recognise import recognise

__all__ = [
    "Covariate",
    "Instrument",
    "InstrumentError",
    "Item",
    "Option",
    "Score",
    "available",
    "find_instrument",
    "load_instrument",
    "needed_columns",
    "recognise",
    "score",
]
