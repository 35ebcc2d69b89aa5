"""The project folders that `relance demo` and `relance init` leave: relance.yml and the landing tree."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dagster_project.errors import RelanceError

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
"""

_INIT = """\
# Relance: the settings of your company. Lines that begin with # are explanations or examples; remove the # to use one.
# After each change, `relance check` says every mistake with its line.

company:
  name: My company
  currency: EUR            # three letters; amounts in other currencies are converted with landing/generic/exchange_rates
  timezone: Europe/Paris   # IANA name; a "day" is a day in this zone
  country: FR              # two letters; how telephone numbers without a country code are read

warehouse:
  path: warehouse.duckdb   # one file, made by the first run
  # memory_limit: 4GB      # by default half of the machine's memory
  # threads: 2             # by default all of them

landing: landing           # the folder with the raw files; landing/README.md says what goes where

# Files in landing/<source>/<entity>/ are found without any entry here. `sources` is for what deviates: another place,
# other column names, another time zone, or a source to leave out.
#
# sources:
#   generic:
#     timezone: UTC        # of times that name no zone
#     orders:
#       files: erp/sales_*.csv             # relative to the landing folder
#       columns: {{order_id: No, ordered_at: Date, total: Amount, email: Mail}}   # our column: your column
#       constants: {{currency: EUR, status: paid}}                                # our column: the same value everywhere
#       values: {{channel: {{W: web, S: store}}}}                                   # our column: your value → ours
#   klaviyo:
#     enabled: false

# identity:
#   user_id_is: [customer_id]   # say so if the site's user ids are also the customer numbers of your orders

# windows:                 # days an audience looks back, in place of what its own file says
#   cart_abandoners: 14

# holdout:
#   share: 0.1             # part of every audience that is not contacted, to measure what contacting brings
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
    return _DEMO.format(until=until.isoformat())


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
    settings.write_text(_INIT.format(), encoding="utf-8")
    return settings
