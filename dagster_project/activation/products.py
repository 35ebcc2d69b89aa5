"""Which products an audience would show each of its people, for dynamic ads and e-mails."""

from __future__ import annotations

import duckdb

from dagster_project.activation.specs import PRODUCTS_TO_SHOW
from dagster_project.catalog import columns_of
from dagster_project.errors import RelanceError

MOST = 10
"""Products of one person; more than that no ad shows."""

SEPARATOR = "|"

NEEDED = {("audiences", "members"): {"context", "offers"}, ("audiences", "offered_products"): {"product_id", "is_available"}}


def list_products(con: duckdb.DuckDBPyConnection, audience: str) -> None:
    """Make the temporary table act_products(profile_id, product_ids): what can be had of the products that the audience's context
    speaks of, in its order, else of what it offers. Who has none has no row.

    Raises:
        RelanceError: a table that this reads has not been built.
    """
    for (schema, table), needed in NEEDED.items():
        if missing := needed - columns_of(con, schema, table):
            what = f"The warehouse lacks {', '.join(sorted(missing))} of the table {schema}.{table}"
            raise RelanceError(what, f"audience {audience}", "run the whole pipeline first: `relance run`")
    con.execute(
        f"""create or replace temp table act_products as
            with told as (
                select profile_id, coalesce(
                    nullif(list_filter(json_extract_string(context, '$.products[*].product_id'), lambda id: id is not null), []),
                    nullif(json_extract_string(context, '$.products[*]'), []),
                    offers
                ) as ids
                from audiences.members where audience = $audience
            ),
            placed as (select profile_id, unnest(ids) as product_id, generate_subscripts(ids, 1) as place from told),
            had as (
                select placed.profile_id, placed.product_id, min(placed.place) as place
                from placed join audiences.offered_products as products using (product_id)
                where products.is_available and not contains(product_id, '{SEPARATOR}')
                group by placed.profile_id, placed.product_id
                qualify row_number() over (partition by placed.profile_id order by min(placed.place), placed.product_id) <= {MOST}
            )
            select profile_id, string_agg(product_id, '{SEPARATOR}' order by place, product_id) as {PRODUCTS_TO_SHOW}
            from had group by profile_id""",
        {"audience": audience},
    )
