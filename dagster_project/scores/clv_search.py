"""Maximum likelihood for a few positive parameters: a search from several starts, and how well what it found is determined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Objective = Callable[[Floats], tuple[float, Floats]]
"""Logarithms of the parameters → the value to make small, and its slopes."""


class Levels:
    """Numbers of which few are different, such as counts of orders: what is dear to work out of them is worked out once of each.

    of: the different ones, in order.
    """

    def __init__(self, numbers: Floats):
        self.of, self._places = np.unique(numbers, return_inverse=True)

    def each(self, found: Floats) -> Floats:
        """What was found of the different ones, for every number."""
        return found[self._places]


@dataclass(frozen=True)
class Found:
    """The best parameters, and the value there."""

    values: tuple[float, ...]
    lowest: float
    objective: Objective

    def errors(self, count: float) -> tuple[float, ...]:
        """Standard errors from the curvature of the likelihood, the objective being its mean over `count` customers.

        NaN for all where the likelihood is flat in some direction.
        """
        logs, step = np.log(self.values), 1e-4
        curvature = np.array(
            [(self.objective(logs + move)[1] - self.objective(logs - move)[1]) / (2 * step) for move in step * np.eye(len(logs))]
        )
        curvature = (curvature + curvature.T) / 2 * count
        if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature)[0] <= 0:
            return (float("nan"),) * len(logs)
        return tuple(float(each) for each in np.array(self.values) * np.sqrt(np.diag(np.linalg.inv(curvature))))


def highest(objective: Objective, starts: Sequence[tuple[float, ...]], bounds: Sequence[tuple[float, float]]) -> Found | None:
    """The parameters with the smallest objective, searched for from every start; None where no search came to an end.

    Args:
        starts, bounds: values of the parameters, not their logarithms.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    limits = [tuple(np.log(bound)) for bound in bounds]
    best = None
    # Threads would wait for each other longer than these few numbers take, and sum them in another order.
    with np.errstate(all="ignore"), threadpool_limits(1):
        for start in starts:
            first = np.clip(np.log(start), [low for low, _ in limits], [high for _, high in limits])
            options = {"maxiter": 500, "ftol": 1e-14, "gtol": 1e-9}
            ended = minimize(objective, first, jac=True, method="L-BFGS-B", bounds=limits, options=options)
            usable = np.isfinite(ended.fun) and np.isfinite(ended.x).all()
            if usable and (best is None or ended.fun < best.fun):
                best = ended
    return None if best is None else Found(tuple(float(each) for each in np.exp(best.x)), float(best.fun), objective)
