"""A company's costs and what they brought, made by hand: what the models of costs and returns read, on plain DuckDB."""

from __future__ import annotations

from typing import Any

import duckdb

from dagster_project.settings import SHIPPED
from tests.profiles.models import build
from tests.today import today_view

MONEY = "decimal(18, 4)"
TABLES = {
    "run": "as_of timestamp",
    "company": "currency varchar, timezone varchar",
    "measurement": f"model varchar, lookback_days bigint, margin {MONEY}",
    "campaign_names": "name varchar, campaign_key varchar, place integer",
    "campaigns": """campaign_key varchar, campaign_id varchar, campaign varchar, channel varchar, platform varchar,
        first_day date, last_day date, is_tracked boolean""",
    "unified_ad_spend": f"""date date, platform varchar, campaign_id varchar, campaign_name varchar, utm_campaign varchar,
        impressions bigint, clicks bigint, spend {MONEY}, currency varchar, spend_company {MONEY}""",
    "unified_marketing_costs": f"""cost_id varchar, starts_on date, ends_on date, kind varchar, campaign_id varchar,
        channel varchar, amount {MONEY}, currency varchar, share {MONEY}, amount_company {MONEY}""",
    "unified_leads": f"""lead_id varchar, created_at timestamp, campaign varchar, utm_campaign varchar, supplier varchar,
        cost {MONEY}""",
    "unified_influencers": f"""influencer varchar, platform varchar, fee {MONEY}, currency varchar, contract_signed_on date,
        fee_company {MONEY}""",
    "unified_promo_codes": "code varchar, campaign_id varchar, channel varchar, influencer varchar, valid_from timestamp",
    "attribution": f"""model varchar, kind varchar, is_sale boolean, period_kind varchar, period date, channel varchar,
        campaign_key varchar, conversions decimal(18, 6), revenue {MONEY}""",
    "touchpoints": "profile_id varchar, touch_date date, channel varchar, campaign_key varchar",
    "journeys": """kind varchar, reference varchar, conversion_source varchar, campaign_key varchar,
        conversions_linear decimal(18, 6)""",
    "lead_results": """lead_id varchar, source varchar, received_on date, is_mature boolean, is_duplicate boolean,
        is_converted boolean""",
    "acquired_customers": f"""profile_id varchar, acquired_on date, channel varchar, campaign_key varchar,
        lifetime_value {MONEY}""",
    "conversions": f"kind varchar, profile_id varchar, occurred_at timestamp, net_company {MONEY}, is_sale boolean",
}
"""Name → columns, of those that the models read."""

DEFAULTS: dict[str, dict[str, Any]] = {
    "run": {"as_of": "2026-06-30 22:00:00"},
    "company": {"currency": "EUR", "timezone": "Europe/Paris"},
    "measurement": {"model": "linear", "lookback_days": 90},
    "unified_ad_spend": {"platform": "google_ads", "currency": "EUR"},
    "unified_marketing_costs": {"kind": "media", "currency": "EUR"},
    "conversions": {"kind": "purchase", "is_sale": True},
    "attribution": {
        "model": "linear",
        "kind": "purchase",
        "period_kind": "all",
        "period": "2026-01-01",
        "campaign_key": "",
        "conversions": 0,
    },
}
"""What a row holds where it is not told; amounts in the company's currency follow those that are told in it."""

SEEDS = ("channel_rules", "referrers", "offline_channels", "tracking_numbers")
IN_COMPANY = {"unified_ad_spend": "spend", "unified_marketing_costs": "amount", "unified_influencers": "fee"}


class Company:
    """Tables of rows told as keyword arguments, and the models built of them."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        for name, columns in TABLES.items():
            self.con.execute(f"create table {name} ({columns})")
        for seed in SEEDS:
            path = SHIPPED / "seeds" / f"{seed}.csv"
            self.con.execute(f"create table {seed} as from read_csv('{path}', all_varchar = true, header = true)")
        self.con.execute("alter table channel_rules alter position type integer")
        for name in ("run", "company", "measurement"):
            self.add(name)
        self.con.execute(today_view())

    def add(self, table: str, **values: Any) -> None:
        row = DEFAULTS.get(table, {}) | values
        if table == "attribution":
            row = {"is_sale": row["kind"] in ("purchase", "subscription")} | row
        amount = IN_COMPANY.get(table)
        if amount and row.get("currency", "EUR") == "EUR":
            row = {f"{amount}_company": row[amount], "currency": "EUR"} | row
        self.con.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))

    def settle(self, **values: Any) -> None:
        """Other settings of the measurement, or another moment."""
        for name, value in values.items():
            table = "run" if name == "as_of" else "measurement"
            self.con.execute(f"update {table} set {name} = ?", [value])

    def build(self, *models: str) -> Company:
        build(self.con, *models)
        return self

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        ((row),) = self.ask(sql)
        return row[0] if len(row) == 1 else row
