"""The per-person product list: whom to show which products, in the audience's order."""

from __future__ import annotations

import pytest

from dagster_project.errors import RelanceError
from tests.activation.activation_shop import Shop, people, rows


@pytest.mark.usefixtures("unchecked")
def test_each_person_gets_the_products_that_the_audience_speaks_of(shop: Shop) -> None:
    """An ad for what is sold out, for what somebody else looked at, or for the least of three products."""
    shop.fill(people(6))
    shop.con.execute("alter table audiences.members add context varchar; alter table audiences.members add offers varchar[]")
    with pytest.raises(RelanceError, match=r"audiences\.offered_products"):
        shop.run(shop.activation("dynamic_ads"))
    shop.con.execute("create table audiences.offered_products (product_id varchar, is_available boolean)")
    shop.con.execute("insert into audiences.offered_products values ('A', true), ('B', true), ('C', false), ('D|E', true)")
    shop.con.execute("insert into audiences.offered_products select 'N' || n, true from range(10, 40) as t(n)")
    many = ", ".join(f'{{"product_id": "N{n}"}}' for n in range(39, 9, -1))
    told = {
        "p0000": ('{"products": [{"rank": 1, "product_id": "B"}, {"rank": 2, "product_id": "A"}]}', ["A", "B"]),
        "p0001": ('{"products": ["C", "B", "D|E", "B"]}', None),
        "p0002": ('{"offered_price": 3}', ["A"]),
        "p0003": (f'{{"products": [{many}]}}', None),
        "p0004": (None, ["C", "unknown"]),
    }
    for profile, (context, offers) in told.items():
        update = "update audiences.members set context = ?, offers = ? where profile_id = ?"
        shop.con.execute(update, [context, offers, profile])
    result = shop.run(shop.activation("dynamic_ads"))
    found = {row[-1] for row in rows(result, "add.csv")}
    assert found == {"B|A", "B", "A", "|".join(f"N{n}" for n in range(39, 29, -1)), ""}
    assert result.rows == 6 and result.preview[0]["PRODUCT_IDS"] in found

    shop.con.execute("update audiences.members set offers = ['B'] where profile_id = 'p0002'")
    again = shop.run(shop.activation("dynamic_ads"))
    assert [row[-1] for row in rows(again, "add.csv")] == ["B"] and again.removes == 0
