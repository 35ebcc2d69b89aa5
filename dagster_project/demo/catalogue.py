"""What the shop sells: coffee machines, grinders, coffee, tea, accessories and courses, with tiers, brands and companions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

SHOP = "Maison Arabica"
SITE = "https://www.maison-arabica.example"
"""`.example` is reserved (RFC 2606): no demo link leads anywhere."""

_BRANDS = ["Arabica Maison", "Torrefazione Nord", "Kessel & Söhne", "Brew Lane", "Café Lumière", "Théodora"]
_TIERS = ["Entry", "Plus", "Premium"]
_SERIES: list[tuple[str, str, list[str], list[int]]] = [
    # category, noun, models, price in cents per tier
    ("Machines", "espresso machine", ["Piccola", "Domenica", "Barista", "Levier", "Compacta"], [19_900, 44_900, 99_900]),
    ("Grinders", "grinder", ["Conique", "Plate", "Voyage"], [4_900, 12_900, 28_900]),
    ("Coffee", "coffee beans 1 kg", ["Sidamo", "Huila", "Antigua", "Mogiana", "Kivu", "Décaf"], [1_690, 2_290, 3_490]),
    ("Tea", "loose tea 100 g", ["Darjeeling", "Sencha", "Oolong", "Rooibos"], [790, 1_290, 2_450]),
    ("Accessories", "kettle 0,9 l", ["Col de cygne", "Inox"], [3_900, 6_900, 11_900]),
    ("Accessories", "cups, set of 6", ["Porcelaine", "Verre"], [1_990, 2_990, 4_990]),
    ("Accessories", "descaler 250 ml", ["Citrique"], [690, 990, 1_490]),
    ("Courses", "barista course", ["Paris", "Lyon"], [8_900, 14_900, 29_900]),
]
_COMPANION = {"Machines": "Grinders", "Grinders": "Coffee", "Coffee": "Accessories", "Tea": "Accessories", "Courses": "Coffee"}
"""Category that often stands in the same basket: what association rules should find."""


@dataclass(frozen=True)
class Product:
    product_id: str
    sku: str
    title: str
    brand: str
    category: str
    tier: int
    price: int
    """Cents; a price list holds the same figure in every currency."""
    popularity: float


def _products() -> list[Product]:
    products = []
    for category, noun, models, prices in _SERIES:
        for model in models:
            for tier, price in enumerate(prices, start=1):
                number = len(products) + 1
                brand = _BRANDS[(number * 7) % len(_BRANDS)]
                title = f"{model} {_TIERS[tier - 1]} {noun}"
                weight = {"Machines": 1.0, "Grinders": 1.0, "Coffee": 6.0, "Tea": 3.0, "Accessories": 2.0, "Courses": 0.5}[
                    category
                ]
                products.append(
                    Product(
                        f"P{number:04d}",
                        f"MA-{category[:2].upper()}-{number:03d}",
                        title,
                        brand,
                        category,
                        tier,
                        price,
                        weight / tier,
                    )
                )
    return products


PRODUCTS = _products()
PRICES = np.array([product.price for product in PRODUCTS])
POPULARITY = np.array([product.popularity for product in PRODUCTS])
IDS = pa.array([product.product_id for product in PRODUCTS])
PATHS = pa.array([f"/products/{product.product_id.lower()}" for product in PRODUCTS])


def _companions() -> np.ndarray:
    """For each product, the product that is often bought with it."""
    index = []
    for number, product in enumerate(PRODUCTS):
        fitting = [
            i
            for i, other in enumerate(PRODUCTS)
            if other.category == _COMPANION.get(product.category) and other.tier == product.tier
        ]
        index.append(fitting[number % len(fitting)] if fitting else (number + 1) % len(PRODUCTS))
    return np.array(index)


COMPANIONS = _companions()


def baskets(rng: np.random.Generator, size: int, width: int) -> np.ndarray:
    """`width` different products for each of `size` baskets: by popularity, the second one often the first's companion."""
    edges = np.cumsum(POPULARITY)
    drawn = np.searchsorted(edges, rng.random((size, width)) * edges[-1], side="right")
    drawn = np.minimum(drawn, len(PRODUCTS) - 1)
    if width > 1:
        paired = rng.random(size) < 0.4
        drawn[paired, 1] = COMPANIONS[drawn[paired, 0]]
    for column in range(1, width):
        while (clash := (drawn[:, :column] == drawn[:, [column]]).any(axis=1)).any():
            drawn[clash, column] = (drawn[clash, column] + 1) % len(PRODUCTS)
    return drawn
