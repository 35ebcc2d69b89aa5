"""The project folders that `relance demo` and `relance init` leave: relance.yml and the landing tree."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dagster_project.demo.addresses import OFFICE_NETWORKS
from dagster_project.demo.vocabulary import STAFF_DOMAIN
from dagster_project.errors import RelanceError
from dagster_project.settings import SHIPPED

_DEMO = """\
# The demo shop of Relance. Everything in this folder is made up; `truth/` says what a right answer is.

company:
  name: Maison Arabica
  currency: EUR            # all reports are in this currency
  timezone: Europe/Paris   # a "day" is a day in this zone
  country: FR              # home country: how national telephone numbers are read

# The demo's clock stands still at the end of its last day. Otherwise carts would age overnight and truth/ would no longer
# hold. A real company leaves this line out: the clock is then now.
as_of: {until}

warehouse:
  path: warehouse.duckdb   # made by the first run

landing: landing           # where the raw files lie: landing/<source>/<entity>/…

identity:
  user_id_is: [customer_id]  # the web shop's user ids are the customer numbers of the orders

traffic:
  internal_networks: [{offices}]   # the shop's own office
  staff_domains: [{staff}]
"""

_LANDING_README = """\
# The landing folder

Put files into `<source>/<entity>/`, with any folders below (a date such as `dt=2026-06-30` in the path tells which of two
versions of a row is newer). CSV, NDJSON (both also as .gz) and Parquet are read. A file is loaded once; the same file again, or
half of it again, changes nothing.

| you have | put it into |
| --- | --- |
| web or app events of Segment or RudderStack | `segment/events/` |
| Shopify tables | `shopify/order/`, `shopify/order_line/`, `shopify/customer/`, … |
| Google Analytics 4 (BigQuery export) | `ga4/events/` |
| Snowplow events (the events table, or enriched events as JSON) | `snowplow/events/` |
| HubSpot tables | `hubspot/contact/`, `hubspot/deal/`, `hubspot/email_event/`, … |
| Klaviyo people and events | `klaviyo/person/`, `klaviyo/event/`, … |
| Google Ads, Facebook Ads | `google_ads/campaign_stats/`, `facebook_ads/basic_ad/`, … |
| anything else | `generic/<entity>/`: contacts, orders, order_lines, products, leads, email_events, consents, … |

Columns with other names are mapped in relance.yml under `sources:`. Rows that can't be used go to quarantine with a reason;
nothing is lost in silence.
"""

_EMPTY_FOLDERS = (
    "segment/events",
    "generic/contacts",
    "generic/orders",
    "generic/order_lines",
    "generic/products",
    "generic/leads",
    "generic/email_events",
    "generic/consents",
    "generic/exchange_rates",
)


def demo_settings(until: date) -> str:
    """relance.yml of the demo shop."""
    return _DEMO.format(until=until.isoformat(), offices=", ".join(OFFICE_NETWORKS), staff=STAFF_DOMAIN)


def init_project(directory: Path | str) -> Path:
    """Write a commented relance.yml and an empty landing tree for a real company; returns the path of relance.yml.

    Raises:
        RelanceError: relance.yml or landing/ is already there, or the folder's name is taken by a file.
    """
    directory = Path(directory)
    if directory.exists() and not directory.is_dir():
        raise RelanceError("A file is in the way of the project folder", str(directory), "name another folder")
    for name in ("relance.yml", "landing"):
        if (directory / name).exists():
            raise RelanceError(
                f"`{name}` is already there and is not overwritten", str(directory), "name another folder, or move it away"
            )
    for folder in _EMPTY_FOLDERS:
        (directory / "landing" / folder).mkdir(parents=True)
    (directory / "landing" / "README.md").write_text(_LANDING_README, encoding="utf-8")
    settings = directory / "relance.yml"
    settings.write_text((SHIPPED / "relance.example.yml").read_text(encoding="utf-8"), encoding="utf-8")
    return settings
