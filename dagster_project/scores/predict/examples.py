"""Examples as arrays: what was known of people at moments of the past, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

NUMERIC_SHARE = 0.95
"""Share of a column's values that are numbers, from which on it is a number: a stray word then counts as not told."""


@dataclass(frozen=True)
class Column:
    """One feature where it is there: places among the examples, and numbers or categories, never both."""

    places: NDArray[np.int64]
    numbers: NDArray[np.float64] | None = None
    categories: NDArray[Any] | None = None


@dataclass(frozen=True)
class Examples:
    """
    moments: datetime64[us]; outcomes: 0 or 1; weights: for how many an example stands; folds: 0 to 4, one per person;
    is_new: whether somebody stands as of their creation; columns: feature → its values.
    """

    moments: NDArray[Any]
    outcomes: NDArray[np.int64]
    weights: NDArray[np.float64]
    folds: NDArray[np.int64]
    is_new: NDArray[np.bool_]
    columns: dict[str, Column]

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def even(self) -> NDArray[np.float64]:
        """Weights to learn by: new people and others each weigh what their number among the examples is, or the few who are new
        would hardly be learnt from. How old somebody is, a model knows, so that this shifts no probability."""
        found = self.weights.copy()
        for group in (self.is_new, ~self.is_new):
            if group.any():
                found[group] /= found[group].mean()
        return found


def read_examples(examples: duckdb.DuckDBPyRelation, features: duckdb.DuckDBPyRelation, model: str) -> Examples:
    """The examples of one model, in the order of their numbers, whatever order the tables are in."""
    chosen = examples.filter(f"model = '{model}'")
    order = "row_number() over (order by example) - 1 as place"
    found = chosen.query(
        "chosen", f"select moment, outcome::bigint as outcome, weight, fold::bigint as fold, is_new, {order} from chosen"
    )
    read = found.order("place").fetchnumpy()
    values = chosen.query(
        "chosen",
        f"""with numbered as (select example, {order} from chosen)
        select features.feature, numbered.place, features.number, features.category
        from ({features.sql_query()}) as features join numbered using (example)
        order by features.feature, numbered.place""",
    ).to_arrow_table()
    columns: dict[str, Column] = {}
    if values.num_rows:
        names = values.column("feature").combine_chunks().dictionary_encode()
        ends = np.flatnonzero(np.diff(np.asarray(names.indices))) + 1
        bounds = [0, *ends.tolist(), values.num_rows]
        places = values.column("place").to_numpy()
        numbers = values.column("number").to_numpy(zero_copy_only=False).astype(float)
        categories = values.column("category")
        for start, end in pairwise(bounds):
            name = names[start].as_py()
            columns[name] = _column(places[start:end], numbers[start:end], categories.slice(start, end - start))
    return Examples(
        read["moment"].astype("datetime64[us]"),
        np.asarray(read["outcome"], dtype=np.int64),
        np.asarray(read["weight"], dtype=float),
        np.asarray(read["fold"], dtype=np.int64),
        np.asarray(read["is_new"], dtype=bool),
        columns,
    )


def _column(places: NDArray[Any], numbers: NDArray[np.float64], categories: Any) -> Column:
    told = ~np.isnan(numbers)
    if told.mean() >= NUMERIC_SHARE:
        return Column(places[told], numbers=numbers[told])
    texts = np.array(categories.to_pylist(), dtype=object)
    known = np.array([text is not None for text in texts], dtype=bool)
    return Column(places[known], categories=texts[known])
