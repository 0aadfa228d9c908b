"""The peer: Splink 5 with French settings, on the same columns in the same process.

Names are compared as we compare them (A-Z, one space) with Jaro-Winkler bands and term frequencies, dates by Splink's
own date comparison plus day and month inverted, places by code then department; blocking by a dozen rules; parameters by
random sampling (u) and two passes of expectation maximisation (m), as its documentation advises. It is not given labels.
"""

# mypy: disable-error-code="import-untyped, import-not-found, no-untyped-call"
from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.blocking_rule_library import CustomRule
from terresante_identity.matching.dates import date_parts
from terresante_identity.matching.text import plain

from bench.identity.measures import Answered

Columns = Mapping[str, Sequence[str]]
LATEST_YEAR = 2100
SAMPLED_PAIRS = 2e6
Kind = Literal["link_only", "dedupe_only"]


def linked(registered: Columns, asked: Columns) -> tuple[Answered, dict[str, float]]:
    """All pairs, best first per look-up, by match weight; seconds: `training`, `look-ups`."""
    return _run([_frame(registered, "r"), _frame(asked, "q")], "link_only")


def deduplicated(registered: Columns) -> tuple[Answered, dict[str, float]]:
    """All pairs of one file."""
    return _run([_frame(registered, "r")], "dedupe_only")


def _run(frames: list[pd.DataFrame], kind: Kind) -> tuple[Answered, dict[str, float]]:
    warnings.simplefilter("ignore")
    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI()
    tables = [api.register(frame, dataset_display_name=f"side_{place}") for place, frame in enumerate(frames)]
    linker = Linker(tables if len(tables) > 1 else tables[0], _settings(kind, frames[0]), log_level=logging.ERROR)
    start = time.perf_counter()
    linker.training.estimate_probability_two_random_records_match(
        [block_on("name", "first", "day", "month", "year")], recall=0.5
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS)
    for rule in (block_on("year", "month", "day"), block_on("name", "first")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=SAMPLED_PAIRS)
    trained = time.perf_counter()
    pairs = linker.inference.predict(threshold_match_weight=-20).as_pandas_dataframe()
    done = time.perf_counter()
    return _answered(pairs), {"training": trained - start, "look-ups": done - trained}


def _settings(kind: Kind, frame: pd.DataFrame) -> SettingsCreator:
    date = cl.CustomComparison(
        output_column_name="birth_date",
        comparison_levels=[
            cll.NullLevel("birth_date"),
            cll.ExactMatchLevel("birth_date"),
            cll.CustomLevel("year_l = year_r and day_l = month_r and month_l = day_r", "inverted"),
            cll.LevenshteinLevel("birth_date", distance_threshold=1),
            cll.CustomLevel("year_l = year_r and (month_l = month_r or day_l = day_r)", "one part"),
            cll.CustomLevel("month_l = month_r and day_l = day_r", "same day"),
            cll.CustomLevel("year_l = year_r", "same year"),
            cll.ElseLevel(),
        ],
    )
    place = cl.CustomComparison(
        output_column_name="place",
        comparison_levels=[
            cll.NullLevel("place"),
            cll.ExactMatchLevel("place", term_frequency_adjustments=True),
            cll.LevenshteinLevel("place", distance_threshold=1),
            cll.CustomLevel("substr(place_l, 1, 2) = substr(place_r, 1, 2)", "department"),
            cll.ElseLevel(),
        ],
    )
    name = cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            cll.ExactMatchLevel("name", term_frequency_adjustments=True),
            cll.CustomLevel("name_l = first_r and first_l = name_r", "swapped"),
            cll.CustomLevel("len(list_intersect(string_split(name_l, ' '), string_split(name_r, ' '))) > 0", "a part"),
            *(cll.JaroWinklerLevel("name", threshold) for threshold in (0.92, 0.85, 0.7)),
            cll.ElseLevel(),
        ],
    )
    first = cl.CustomComparison(
        output_column_name="first",
        comparison_levels=[
            cll.NullLevel("first"),
            cll.ExactMatchLevel("first", term_frequency_adjustments=True),
            cll.CustomLevel("name_l = first_r and first_l = name_r", "swapped"),
            cll.CustomLevel("list_contains(string_split(firsts_l, ' '), first_r)", "among ours"),
            cll.CustomLevel("list_contains(string_split(firsts_r, ' '), first_l)", "among theirs"),
            *(cll.JaroWinklerLevel("first", threshold) for threshold in (0.92, 0.85, 0.7)),
            cll.ElseLevel(),
        ],
    )
    sex = [cl.ExactMatch("sex")] if frame["sex"].notna().any() else []
    return SettingsCreator(
        link_type=kind,
        comparisons=[name, first, date, place, *sex],
        blocking_rules_to_generate_predictions=[
            *([block_on("birth_date")] if kind == "link_only" else []),
            block_on("birth_date", "substr(name, 1, 2)"),
            block_on("birth_date", "first"),
            block_on("name", "first"),
            block_on("name", "place"),
            block_on("first", "month", "day"),
            block_on("substr(name, 1, 3)", "first", "year"),
            block_on("name", "year"),
            block_on("name", "month", "day"),
            block_on("first", "year", "place"),
            block_on("birth_date", "place"),
            CustomRule("l.name = r.first and l.first = r.name"),
        ],
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )


def _frame(columns: Columns, prefix: str) -> pd.DataFrame:
    dates = [date_parts(text, LATEST_YEAR) for text in columns["birth_date"]]
    frame = pd.DataFrame(
        {
            "unique_id": np.arange(len(dates)),
            "name": [plain(text) for text in columns["birth_name"]],
            "first": [plain(text).partition(" ")[0] for text in columns["first_names"]],
            "firsts": [plain(text) for text in columns["first_names"]],
            "birth_date": [f"{year:04}{month:02}{day:02}" if year else "" for year, month, day in dates],
            "year": [year for year, _, _ in dates],
            "month": [month for _, month, _ in dates],
            "day": [day for _, _, day in dates],
            "place": [text.strip().upper() for text in columns["birth_place"]],
            "sex": [text.strip().upper()[:1] for text in columns["sex"]],
            "source_dataset": prefix,
        }
    )
    return frame.replace({"": None, "99999": None})


def _answered(pairs: pd.DataFrame) -> Answered:
    """Side 0 is the registry: Splink names it left, sorting its data sets by name."""
    left: Any = pairs["unique_id_l"].to_numpy().astype(np.int64)
    right: Any = pairs["unique_id_r"].to_numpy().astype(np.int64)
    if "source_dataset_l" in pairs:
        turned = (pairs["source_dataset_l"] == "q").to_numpy()
        registered, asked = np.where(turned, right, left), np.where(turned, left, right)
    else:
        asked, registered = left, right
    score: Any = pairs["match_weight"].to_numpy().astype(np.float64)
    order = np.lexsort((-score, asked))
    return Answered(asked[order], registered[order], score[order], np.zeros(len(order), dtype=np.int64))
