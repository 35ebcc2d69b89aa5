"""The floor's slice in Polars: lazy scans that end in the streaming engine, joins and group-bys on frames from there on.

Money is Float64, as nearly everybody has it in Polars: figures agree with the floor's but for rounding. Lines that are no JSON
are sifted out as text, since `scan_ndjson` gives up at the first.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from bench.peers.shared import (
    BOT,
    CALLING_CODES,
    CART_EVENTS,
    EMAIL,
    HOME_CODE,
    NOBODYS_EMAIL,
    ORDER_EVENT,
    PURPOSES,
    QUINTILES,
    REVENUE,
    components,
    run,
    sha256,
)

TIMES = ["timestamp", "originalTimestamp", "sentAt", "receivedAt"]
PLAIN = ["messageId", "event", "anonymousId", "userId"]
NESTED = {
    "properties": pl.Struct(dict.fromkeys(["product_id", "order_id", "price", "quantity", "email"], pl.String)),
    "context": pl.Struct({"userAgent": pl.String}),
    "traits": pl.Struct({"email": pl.String, "phone": pl.String}),
}


def scan_csv(landing: Path, entity: str, files: str = "*.csv") -> pl.LazyFrame:
    """All files of an entity, the oldest first, their columns taken together. Over-long lines are cut off."""
    paths = sorted(landing.glob(f"generic/{entity}/*/{files}"))
    return pl.concat([pl.scan_csv(path, infer_schema=False, truncate_ragged_lines=True) for path in paths], how="diagonal")


def moment(column: str) -> pl.Expr:
    text = pl.col(column)
    iso = text.str.to_datetime("%+", strict=False, time_zone="UTC", time_unit="us").dt.replace_time_zone(None)
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us").fill_null(iso)


def number(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.Float64, strict=False)


def person_email(raw: pl.Expr) -> pl.Expr:
    stands = raw.str.contains(EMAIL) & ~raw.str.contains(NOBODYS_EMAIL)
    return pl.when(stands).then(raw.str.strip_chars(" ").str.to_lowercase())


def person_phone(raw: pl.Expr, country: pl.Expr) -> pl.Expr:
    """Country code and national number; numbers without a country code are read as numbers of the row's country."""
    digits = raw.str.replace_all(r"[^0-9]", "")
    code = country.replace_strict(CALLING_CODES, default=HOME_CODE, return_dtype=pl.String).fill_null(HOME_CODE)
    return (
        pl.when(~digits.str.len_bytes().is_between(8, 15))
        .then(None)
        .when(raw.str.strip_chars(" ").str.starts_with("+"))
        .then(raw.str.replace_all("(0)", "", literal=True).str.replace_all(r"[^0-9]", ""))
        .when(digits.str.starts_with("00"))
        .then(digits.str.slice(2))
        .when(digits.str.starts_with("0"))
        .then(code + digits.str.slice(1))
        .otherwise(digits)
    )


def scan_events(landing: Path) -> pl.LazyFrame:
    """Events as landed, months in Parquet with JSON as text, days as NDJSON, with the nested fields that the slice needs."""
    folder = f"{landing}/segment/events/*"
    months = pl.scan_parquet(f"{folder}/*.parquet", hive_partitioning=False).select(
        *PLAIN,
        *(pl.col(name).dt.replace_time_zone(None).cast(pl.Datetime("us")) for name in TIMES),
        *(pl.col(name).str.json_decode(dtype) for name, dtype in NESTED.items()),
    )
    line = pl.col("line")
    lines = pl.scan_lines(f"{folder}/*.ndjson.gz").filter(line.str.json_path_match("$.messageId").is_not_null())
    shape = pl.Struct(dict.fromkeys([*PLAIN, *TIMES], pl.String) | NESTED)
    days = lines.select(line.str.json_decode(shape).struct.unnest()).with_columns(moment(name) for name in TIMES)
    return pl.concat([months, days.select(*PLAIN, *TIMES, *NESTED)])


def read_events(landing: Path) -> pl.DataFrame:
    """Events, once each, without bots and without those who refused trackers."""
    banner = scan_csv(landing, "consents", "banner.csv.gz")
    refusing = banner.filter((pl.col("purpose") == "trackers") & (pl.col("status") == "denied"))
    said, known = pl.col("properties").struct, pl.col("traits").struct
    received = pl.col("receivedAt") - (pl.col("sentAt") - pl.col("originalTimestamp"))
    events = scan_events(landing).select(
        message_id="messageId",
        event="event",
        anonymous_id="anonymousId",
        user_id="userId",
        occurred_at=received.fill_null(pl.col("timestamp")),
        is_bot=pl.col("context").struct.field("userAgent").str.contains(BOT).fill_null(False),
        email=person_email(known.field("email").fill_null(said.field("email"))),
        phone=person_phone(known.field("phone"), pl.lit("FR")),
        product_id=pl.when(pl.col("event").is_in(CART_EVENTS)).then(said.field("product_id")),
        order_id=pl.when(pl.col("event") == ORDER_EVENT).then(said.field("order_id")),
        price=number(said.field("price")),
        quantity=number(said.field("quantity")).fill_null(1),
    )
    return (
        events.filter(pl.col("message_id").is_not_null(), pl.col("occurred_at").is_not_null(), ~pl.col("is_bot"))
        .join(refusing, left_on="anonymous_id", right_on="identifier", how="anti")
        .unique("message_id", keep="any")
        .drop("message_id", "is_bot")
        .collect(engine="streaming")
    )


def read_orders(landing: Path) -> pl.DataFrame:
    rates = scan_csv(landing, "exchange_rates").filter(pl.col("to_currency") == "EUR")
    rates = rates.select(
        currency="from_currency", day=pl.col("date").str.to_date("%Y-%m-%d", strict=False), rate=number(pl.col("rate"))
    ).filter(pl.col("rate") > 0, pl.col("day").is_not_null())
    refunded, total = number(pl.col("refunded_amount")).fill_null(0), number(pl.col("total"))
    whole = (pl.col("status") == "refunded") & (refunded == 0)
    return (
        scan_csv(landing, "orders")
        .with_columns(
            ordered_at=moment("ordered_at"),
            kept=total - pl.when(whole).then(total).otherwise(refunded),
            email=person_email(pl.col("email")),
            phone=person_phone(pl.col("phone"), pl.col("country")),
            buyer=("c:" + pl.col("customer_id")).fill_null("o:" + pl.col("order_id")),
        )
        .filter(pl.col("order_id").is_not_null(), pl.col("ordered_at").is_not_null(), pl.col("kept").is_not_null())
        .sort("updated_at")
        .unique("order_id", keep="last", maintain_order=True)
        .filter(pl.col("status") != "test")
        .with_columns(day=pl.col("ordered_at").dt.date())
        .sort("day")
        .join_asof(rates.sort("day"), on="day", by="currency", check_sortedness=False)
        .with_columns(net=(pl.col("kept") * pl.when(pl.col("currency") == "EUR").then(1.0).otherwise("rate")).round(4))
        .select("order_id", "buyer", "email", "phone", "ordered_at", "status", "net")
        .collect()
    )


def read_contacts(landing: Path) -> pl.DataFrame:
    contacts = scan_csv(landing, "contacts").filter(pl.col("contact_id").is_not_null()).sort("updated_at")
    contacts = contacts.unique("contact_id", keep="last", maintain_order=True).with_columns(stated_by="k:" + pl.col("contact_id"))
    leads = scan_csv(landing, "leads").filter(pl.col("lead_id").is_not_null())
    leads = leads.unique("lead_id", keep="last", maintain_order=True).with_columns(stated_by="l:" + pl.col("lead_id"))
    return (
        pl.concat([contacts, leads], how="diagonal")
        .select(
            "stated_by", "first_name", "last_name", "postal_code",
            email=person_email(pl.col("email")),
            phone=person_phone(pl.col("phone"), pl.col("country")),
            country=pl.col("country").str.to_uppercase(),
            birth_date=pl.col("birth_date").str.to_date("%Y-%m-%d", strict=False),
        )
        .collect()
    )  # fmt: skip


def find_people(seen: pl.DataFrame, orders: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Identifier → number of the person: joined over accounts, orders, contacts and addresses."""
    owned = ((seen, "c:" + pl.col("user_id")), (orders, pl.col("buyer")), (contacts, pl.col("stated_by")))
    pairs = pl.concat([
        rows.select(a=owner, b=kind + pl.col(address))
        for rows, owner in owned
        for kind, address in (("e:", "email"), ("f:", "phone"))
    ]).unique()  # fmt: skip
    nodes = pl.concat([pairs["a"], pairs["b"]]).drop_nulls().unique().to_frame("identifier").with_row_index("node")
    links = pairs.drop_nulls()
    ends = [links.join(nodes, left_on=side, right_on="identifier", maintain_order="left")["node"].to_numpy() for side in "ab"]
    return nodes.select("identifier", profile_id=pl.Series(components(*ends, len(nodes))).cast(pl.Int64))


def find_devices(events: pl.DataFrame, seen: pl.DataFrame, orders: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Device → person: the only one seen on it; a device with several people or none is a visitor of its own."""
    owners = (
        seen.lazy()
        .filter(pl.col("anonymous_id").is_not_null())
        .join(orders.lazy().select("order_id", "buyer"), on="order_id", how="left")
        .select("anonymous_id", "buyer", c="c:" + pl.col("user_id"), e="e:" + pl.col("email"), f="f:" + pl.col("phone"))
        .unpivot(index="anonymous_id", value_name="identifier")
        .join(people.lazy(), on="identifier")
        .group_by("anonymous_id")
        .agg(pl.col("profile_id").min(), people=pl.col("profile_id").n_unique())
        .filter(pl.col("people") == 1)
    )
    devices = events.lazy().select("anonymous_id").drop_nulls().unique().join(owners, on="anonymous_id", how="left")
    visitor = pl.row_index().cast(pl.Int64) + people["profile_id"].max() + 1
    return devices.select("anonymous_id", profile_id=pl.col("profile_id").fill_null(visitor)).collect()


def find_carts(owned: pl.LazyFrame, bought: pl.LazyFrame) -> pl.LazyFrame:
    """What lies in each person's cart since the last checkout."""
    quantity = pl.when(pl.col("event") == CART_EVENTS[0]).then(pl.col("quantity")).otherwise(-pl.col("quantity"))
    checkout = pl.col("last_checkout_at")
    return (
        owned.filter(pl.col("product_id").is_not_null())
        .join(bought, on="profile_id", how="left")
        .filter(checkout.is_null() | (pl.col("occurred_at") > checkout))
        .group_by("profile_id", "product_id")
        .agg(
            touched_at=pl.col("occurred_at").max(),
            price=pl.col("price").filter(pl.col("price").is_not_null()).sort_by(
                pl.col("occurred_at").filter(pl.col("price").is_not_null())).last(),
            quantity=quantity.sum(),
        )
        .filter(pl.col("quantity") > 0)
        .group_by("profile_id")
        .agg(cart_value=(pl.col("price") * pl.col("quantity")).sum(), cart_updated_at=pl.col("touched_at").max())
    )  # fmt: skip


def make_profiles(
    events: pl.DataFrame, orders: pl.DataFrame, contacts: pl.DataFrame, people: pl.DataFrame, devices: pl.DataFrame
) -> pl.DataFrame:
    """One row per person: contact data, visits, orders, cart. Who was logged in goes before the device."""
    known = people.lazy()
    owned = (
        events.lazy()
        .select(
            "event", "anonymous_id", "user_id", "occurred_at", "product_id", "price", "quantity", account="c:" + pl.col("user_id")
        )
        .join(known.rename({"profile_id": "of_account"}), left_on="account", right_on="identifier", how="left")
        .join(devices.lazy().rename({"profile_id": "of_device"}), on="anonymous_id", how="left")
        .with_columns(profile_id=pl.col("of_account").fill_null(pl.col("of_device")))
        .filter(pl.col("profile_id").is_not_null())
    )
    device, moment_ = pl.col("anonymous_id").fill_null(pl.col("user_id")), pl.col("occurred_at")
    visits = (
        owned.select("profile_id", "occurred_at", device=device, day=moment_.dt.date())
        .sort("device", "occurred_at")
        .with_columns(gap=pl.when((pl.col("device") == pl.col("device").shift()) & (pl.col("day") == pl.col("day").shift()))
            .then(moment_ - moment_.shift()))
        .group_by("profile_id")
        .agg(session_count=(pl.col("gap").is_null() | (pl.col("gap") >= pl.duration(minutes=30))).sum(),
             first_visit_at=moment_.min(), last_visit_at=moment_.max())
    )  # fmt: skip
    is_revenue = pl.col("status").is_in(REVENUE)
    bought = (
        orders.lazy().join(known, left_on="buyer", right_on="identifier").group_by("profile_id")
        .agg(order_count=is_revenue.sum(), net_revenue=pl.col("net").filter(is_revenue).sum(),
             first_order_at=pl.col("ordered_at").filter(is_revenue).min(),
             last_order_at=pl.col("ordered_at").filter(is_revenue).max(),
             last_checkout_at=pl.col("ordered_at").max())
    )  # fmt: skip
    stated = contacts.lazy().sort("stated_by").join(known, left_on="stated_by", right_on="identifier", maintain_order="left")
    stated = (
        stated.drop("stated_by").group_by("profile_id").agg(pl.all().drop_nulls().first())
    )  # the first known, column by column
    profiles = pl.concat([known.select("profile_id"), devices.lazy().select("profile_id")]).unique()
    for rows in (stated, visits, bought, find_carts(owned, bought.select("profile_id", "last_checkout_at"))):
        profiles = profiles.join(rows, on="profile_id", how="left")
    return profiles.collect(engine="streaming")


def score_rfm(profiles: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """RFM by quintiles."""
    customers = profiles.filter(pl.col("order_count") > 0).select(
        "profile_id",
        recency=(pl.lit(as_of.date()) - pl.col("last_order_at").dt.date()).dt.total_days(),
        frequency=pl.col("order_count").cast(pl.Int64),
        monetary="net_revenue",
    )

    def above(name: str) -> pl.Expr:
        return pl.sum_horizontal((pl.col(name) > pl.col(name).quantile(cut, "linear")).cast(pl.Int64) for cut in QUINTILES)

    return customers.with_columns(r_score=5 - above("recency"), f_score=1 + above("frequency"), m_score=1 + above("monetary"))


def find_granted(landing: Path, people: pl.DataFrame) -> pl.DataFrame:
    """Who agreed to all three purposes, by what was said last."""
    raw = pl.col("identifier")
    by_email = pl.when(pl.col("identifier_type") == "email").then("e:" + person_email(raw))
    return (
        scan_csv(landing, "consents", "*.csv*")
        .filter(pl.col("purpose").is_in(PURPOSES), pl.col("identifier_type").is_in(["email", "phone"]))
        .select("purpose", "status", occurred_at=moment("occurred_at"),
                identifier=by_email.otherwise("f:" + person_phone(raw, pl.lit("FR"))))
        .filter(pl.col("occurred_at").is_not_null(), pl.col("status").is_not_null())
        .join(people.lazy(), on="identifier")
        .group_by("profile_id", "purpose").agg(pl.col("status").sort_by("occurred_at").last())
        .filter(pl.col("status") == "granted")
        .group_by("profile_id").len()
        .filter(pl.col("len") == len(PURPOSES))
        .collect()
    )  # fmt: skip


def export(audience: pl.DataFrame, as_of: datetime, path: Path) -> None:
    """The file that a platform takes: hashed, adults only. Polars has no SHA-256 of its own."""
    reachable = pl.col("email").is_not_null() | pl.col("phone").is_not_null()
    adult = pl.col("birth_date").is_null() | (pl.col("birth_date") <= pl.lit(as_of).dt.offset_by("-18y"))
    said = {
        "Email": pl.col("email"),
        "Phone": "+" + pl.col("phone"),
        "First Name": pl.col("first_name").str.strip_chars(" ").str.to_lowercase(),
        "Last Name": pl.col("last_name").str.strip_chars(" ").str.to_lowercase(),
    }
    hashed = {name: text.map_elements(sha256, return_dtype=pl.String) for name, text in said.items()}
    file = audience.filter(reachable & adult).select(**hashed, Country="country", Zip="postal_code")
    file.sort(file.columns, nulls_last=True).write_csv(path)


def polars_slice(landing: Path, as_of: datetime, folder: Path) -> dict[str, float]:
    """Write profiles, RFM and the export into `folder`; returns people, customers, net revenue, carts."""
    events, orders, contacts = read_events(landing), read_orders(landing), read_contacts(landing)
    identifying = ["user_id", "email", "phone", "order_id"]
    seen = events.select("anonymous_id", *identifying).filter(pl.any_horizontal(pl.col(identifying).is_not_null())).unique()
    people = find_people(seen, orders, contacts)
    profiles = make_profiles(events, orders, contacts, people, find_devices(events, seen, orders, people))
    rfm = score_rfm(profiles, as_of)
    now, checkout = pl.lit(as_of), pl.col("last_checkout_at")
    lately = pl.col("cart_updated_at").is_between(now.dt.offset_by("-30d"), now.dt.offset_by("-1d"))
    abandoners = profiles.filter(lately & (checkout.is_null() | (checkout < now.dt.offset_by("-14d"))))
    profiles.write_parquet(folder / "polars_profiles.parquet")
    rfm.write_parquet(folder / "polars_rfm.parquet")
    granted = find_granted(landing, people)
    export(abandoners.join(granted, on="profile_id", how="semi"), as_of, folder / "polars_export.csv")
    net_revenue = float(profiles["net_revenue"].sum())
    return {"people": len(profiles), "customers": len(rfm), "net_revenue": net_revenue, "cart_abandoners": len(abandoners)}


if __name__ == "__main__":
    run(polars_slice)
