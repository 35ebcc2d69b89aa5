"""What the peers share because it is no question of the library: patterns, hashing, connected components, the command line."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

EMAIL = r"^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$"
NOBODYS_EMAIL = r"(?i)^\s*(?:test|no-?reply|donotreply)@"
BOT = r"(?i)(?:^|[^u])bot(?:[^a-z]|$)|crawl|spider|slurp|headless"
CALLING_CODES = {"DE": "49", "BE": "32", "CH": "41", "GB": "44"}
HOME_CODE = "33"
CART_EVENTS = ("Product Added", "Product Removed")
ORDER_EVENT = "Order Completed"
REVENUE = ("paid", "partially_refunded", "refunded")
PURPOSES = ("ad_user_data", "ad_personalization", "platform_matching")
QUINTILES = (0.2, 0.4, 0.6, 0.8)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def components(a: np.ndarray, b: np.ndarray, nodes: int) -> np.ndarray:
    """The number of each node's component. `a`, `b`: the two ends of every edge."""
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(nodes, nodes))
    return connected_components(graph, directed=False)[1]


def run(work: Callable[[Path, datetime, Path], dict[str, float]]) -> None:
    """Do the work on the landing folder, moment and folder of the command line; print its figures as the floor does."""
    landing, as_of, folder = sys.argv[1:4]
    print(json.dumps(work(Path(landing), datetime.fromisoformat(as_of), Path(folder))))
