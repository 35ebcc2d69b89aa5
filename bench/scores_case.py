"""One measured piece of work on scores; each runs in a process of its own: `python -m bench.scores_case WORK PROJECT`.

prepare PROJECT CUSTOMERS: the tables that scores are made of, as the rooms before leave them.
score PROJECT: the models, by dbt, first those of the fit, then all; the last line is JSON with the seconds from the first start
    to the last end the second time, and what each model took.
examine PROJECT: whether every customer has every score; exit code 1 where not.
"""

from __future__ import annotations

import json
import sys
import time

from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse

AS_OF = "2026-06-30"
SEEDS = ("rfm_grid", "rfm_segments", "customer_weights", "customer_tiers")
FIT = ("purchases", "clv_training", "clv_fit")
SCORING = ("rfm_cuts", "rfm", "clv_customers", "clv_parameters", "clv_expectations", "clv", "customers")

_CHANCE = "create macro chance(i, k) as hash(i * 64 + k) / 18446744073709551616.0"
# Two years in which customers come evenly. After each order some leave, sooner or later; the others come back in their own time.
_ORDERS = """
    create or replace table profiles.person_orders as
    with customers as (
        select i, 'contact_id:' || lower(hex(i * 2654435761)) as profile_id, chance(i, 1) * 730 as first_day,
            20 - 200 * ln(1 - chance(i, 2)) as gap, least(pow(chance(i, 3), 0.7), 0.98) as stays,
            8 + 90 * pow(chance(i, 4), 3) as value
        from range($customers) as t(i)
    ), placed as (
        select *, unnest(range(1 + least(floor(ln(1 - chance(i, 5)) / ln(stays)), 400)::int)) as n
        from customers
    )
    select profile_id, i || '-' || n as order_id, ordered_at, ordered_at::date as order_date, true as is_revenue,
        amount as net_company, amount as total_company, null::timestamp as refunded_at
    from (select *, timestamp '2024-07-01' + to_seconds(86400 * (first_day + n * gap)) as ordered_at,
            round(value * (0.5 + chance(i * 1000 + n, 6)), 2)::decimal(18, 4) as amount from placed)
    where ordered_at < timestamp '2026-06-30 22:00:00'"""
_OTHERS = {
    "profiles.not_profiled": "select null::varchar as profile_id where false",
    "profiles.internal_people": "select null::varchar as profile_id where false",
    "profiles.profiles": """select profile_id, avg(net_company)::decimal(18, 4) as average_order_value,
        (hash(profile_id) % 100) / 100.0 as email_open_rate,
        (case when hash(profile_id) % 20 = 0 then hash(profile_id) % 300 else 0 end)::decimal(18, 4) as cart_value
        from profiles.person_orders group by 1""",
    "identity.identifiers": """select 'user_id' as identifier_type, split_part(profile_id, ':', 2) as identifier, profile_id
        from profiles.profiles""",
    "profiles.event_days": """select identifier_type, identifier,
        date '2026-06-30' - (hash(identifier, n) % 500)::int as event_date,
        1 + (hash(n, identifier) % 9)::bigint as times from identity.identifiers, range(2) as t(n)""",
    "profiles.sessions": """select identifier_type, identifier,
        date '2026-06-30' - (hash(identifier) % 300)::int as event_date from identity.identifiers""",
    "scores.person_actions": """select profile_id, 'event_attended' as action,
        date '2026-05-01' as action_date, 1::bigint as times from profiles.profiles where hash(profile_id, 7) % 10 = 0""",
}


def prepare(settings: Settings, customers: str) -> None:
    from dagster_project.control import Run, write_control

    with open_warehouse(settings) as con:
        con.execute("create schema profiles; create schema identity; create schema scores")
        con.execute(_CHANCE)
        con.execute(_ORDERS, {"customers": int(customers)})
        for name, query in _OTHERS.items():
            con.execute(f"create table {name} as {query}")
        write_control(con, settings, Run("bench", settings.moment(AS_OF)))


def score(settings: Settings) -> None:
    from dagster_project.dbt_parse import prepare_manifest
    from dagster_project.dbt_run import NodeResult, dbt_build
    from dagster_project.dbt_workspace import prepare_workspace

    workspace = prepare_workspace(settings)
    prepare_manifest(workspace)
    # The fit by itself, as on the day when one is due; on the others it is found to stand.
    first = dbt_build(workspace, select=[*SEEDS, *FIT], indirect_tests=False)
    first.raise_if_broken()
    spans: list[tuple[float, float]] = []

    def ended(node: NodeResult) -> None:
        spans.append((time.monotonic() - node.execution_time, time.monotonic()))

    results = dbt_build(workspace, select=[*FIT, *SCORING], on_result=ended, indirect_tests=False)
    results.raise_if_broken()
    with open_warehouse(settings, read_only=True) as con:
        orders, fitted = con.execute(
            "select (select count(*) from profiles.person_orders), (select customers_fitted from scores.clv_fit)"
        ).fetchone() or (0, 0)
    told = {
        "seconds": round(max(end for _, end in spans) - min(start for start, _ in spans), 2),
        "models": {node.name: round(node.execution_time, 2) for node in results.nodes},
        "fit_seconds": next(round(node.execution_time, 2) for node in first.nodes if node.name == "clv_fit"),
        "orders": orders,
        "fitted": fitted,
    }
    print(json.dumps(told))


def examine(settings: Settings) -> int:
    """1 where the scores leave a customer out."""
    with open_warehouse(settings, read_only=True) as con:
        found = con.execute(
            """select (select count(*) from profiles.profiles), (select count(rfm_segment) from scores.rfm),
                (select count(expected_orders_12m + p_alive + clv_12m) from scores.clv),
                (select count(score) from scores.customers)"""
        ).fetchone()
    return 0 if found and len(set(found)) == 1 else 1


def main(work: str, project: str, *rest: str) -> int:
    settings = load_settings(project)
    return {"prepare": prepare, "score": score, "examine": examine}[work](settings, *rest) or 0  # type: ignore[operator]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
