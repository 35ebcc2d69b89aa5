"""The floor's slice in pandas: vectorised, text in Arrow, file after file so that raw JSON is not held as a whole.

Money is float64, as nearly everybody has it in pandas: figures agree with the floor's but for rounding. Lines that are no JSON
are skipped by hand, since `pd.read_json(lines=True)` gives up at the first.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd

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
NESTED = ["properties", "context", "traits"]
COLUMNS = ["messageId", "event", "anonymousId", "userId", *TIMES, *NESTED]
CSV_COLUMNS = {
    "order_id", "customer_id", "email", "phone", "ordered_at", "status", "currency", "total", "refunded_amount", "country",
    "updated_at", "contact_id", "lead_id", "first_name", "last_name", "postal_code", "birth_date", "identifier_type",
    "identifier", "purpose", "occurred_at", "date", "from_currency", "to_currency", "rate",
}  # fmt: skip


def read_csv(landing: Path, entity: str, files: str = "*.csv") -> pd.DataFrame:
    """All files of an entity, the oldest first. Short lines are filled up, over-long ones cut off (by `usecols`)."""
    return pd.concat(
        [
            pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], usecols=lambda name: name in CSV_COLUMNS)
            for path in sorted(landing.glob(f"generic/{entity}/*/{files}"))
        ],
        ignore_index=True,
    )


def moments(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)


def person_email(raw: pd.Series) -> pd.Series:
    stands = raw.str.contains(EMAIL, na=False) & ~raw.str.contains(NOBODYS_EMAIL, na=False)
    return raw.str.strip(" ").str.lower().where(stands)


def person_phone(raw: pd.Series, country: pd.Series | str) -> pd.Series:
    """Country code and national number; numbers without a country code are read as numbers of the row's country."""
    code = HOME_CODE if isinstance(country, str) else country.map(CALLING_CODES).fillna(HOME_CODE)
    digits = raw.str.replace(r"[^0-9]", "", regex=True)
    national = digits.str.startswith("0", na=False) & ~digits.str.startswith("00", na=False)
    phone = digits.mask(national, code + digits.str[1:])
    phone = phone.mask(digits.str.startswith("00", na=False), digits.str[2:])
    plus = raw.str.strip(" ").str.startswith("+", na=False)
    phone = phone.mask(plus, raw.str.replace("(0)", "", regex=False).str.replace(r"[^0-9]", "", regex=True))
    return phone.where(digits.str.len().between(8, 15))


def read_lines(path: Path) -> pd.DataFrame:
    """A day's NDJSON as the monthly Parquet files have it: nested values as text. Lines that are no JSON are left out."""

    def records() -> Iterator[dict]:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                yield event | {name: json.dumps(event[name]) for name in NESTED if name in event}

    frame = pd.DataFrame(records(), columns=COLUMNS).astype("str")
    return frame.assign(**{name: pd.to_datetime(frame[name], format="ISO8601", utc=True, errors="coerce") for name in TIMES})


def told(raw: pd.Series, names: list[str]) -> pd.DataFrame:
    """The named fields of JSON objects."""
    return pd.DataFrame(raw.map(json.loads).tolist(), index=raw.index, columns=names)


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """One file's events without bots, with the fields that the slice needs. Only JSON that may say something is parsed."""
    agents = raw["context"].map(lambda text: json.loads(text).get("userAgent"), na_action="ignore").astype("str")
    raw = raw[raw["messageId"].notna() & ~agents.str.contains(BOT, na=False)]
    speaks = raw["event"].isin([*CART_EVENTS, ORDER_EVENT]) | raw["properties"].str.contains('"email"', regex=False, na=False)
    said = told(raw.loc[speaks, "properties"].dropna(), ["product_id", "order_id", "price", "quantity", "email"]).reindex(
        raw.index
    )
    known = told(raw["traits"].dropna(), ["email", "phone"]).reindex(raw.index).astype("str")
    occurred_at = (raw["receivedAt"] - (raw["sentAt"] - raw["originalTimestamp"])).fillna(raw["timestamp"])
    return pd.DataFrame({
        "message_id": raw["messageId"],
        "event": raw["event"].astype("category"),
        "anonymous_id": raw["anonymousId"],
        "user_id": raw["userId"],
        "occurred_at": occurred_at.dt.tz_localize(None),
        "email": person_email(known["email"].fillna(said["email"].astype("str"))),
        "phone": person_phone(known["phone"], "FR"),
        "product_id": said["product_id"].where(raw["event"].isin(CART_EVENTS)).astype("str"),
        "order_id": said["order_id"].where(raw["event"] == ORDER_EVENT).astype("str"),
        "price": pd.to_numeric(said["price"], errors="coerce"),
        "quantity": pd.to_numeric(said["quantity"], errors="coerce").fillna(1),
    })  # fmt: skip


def read_events(landing: Path) -> pd.DataFrame:
    """Events, once each, of those who did not refuse trackers."""
    folder = landing / "segment" / "events"
    months = (tidy(pd.read_parquet(path, columns=COLUMNS, partitioning=None)) for path in sorted(folder.glob("*/*.parquet")))
    days = (tidy(read_lines(path)) for path in sorted(folder.glob("*/*.ndjson.gz")))
    events = pd.concat([*months, *days], ignore_index=True).drop_duplicates("message_id").drop(columns="message_id")
    banner = read_csv(landing, "consents", "banner.csv.gz")
    refusing = banner.loc[(banner["purpose"] == "trackers") & (banner["status"] == "denied"), "identifier"]
    return events[events["occurred_at"].notna() & ~events["anonymous_id"].isin(refusing)]


def read_orders(landing: Path) -> pd.DataFrame:
    orders = read_csv(landing, "orders")
    orders = orders.assign(
        ordered_at=moments(orders["ordered_at"]),
        total=pd.to_numeric(orders["total"], errors="coerce"),
        refunded=pd.to_numeric(orders["refunded_amount"], errors="coerce").fillna(0),
        email=person_email(orders["email"]),
        phone=person_phone(orders["phone"], orders["country"]),
    ).dropna(subset=["order_id", "ordered_at", "total"])
    orders = orders.sort_values("updated_at", na_position="first").drop_duplicates("order_id", keep="last")
    orders = orders[orders["status"].notna() & (orders["status"] != "test")]
    rates = read_csv(landing, "exchange_rates").query("to_currency == 'EUR'")
    rates = pd.DataFrame({
        "currency": rates["from_currency"],
        "valid_from": pd.to_datetime(rates["date"], format="%Y-%m-%d", errors="coerce").astype("datetime64[us]"),
        "rate": pd.to_numeric(rates["rate"], errors="coerce"),
    }).query("rate > 0 and valid_from.notna()")  # fmt: skip
    orders = pd.merge_asof(
        orders.assign(day=orders["ordered_at"].dt.normalize().astype("datetime64[us]")).sort_values("day"),
        rates.sort_values("valid_from"), left_on="day", right_on="valid_from", by="currency",
    )  # fmt: skip
    rate = orders["rate"].mask(orders["currency"] == "EUR", 1.0)
    whole = (orders["status"] == "refunded") & (orders["refunded"] == 0)
    orders["net"] = ((orders["total"] - orders["refunded"].mask(whole, orders["total"])) * rate).round(4)
    orders["buyer"] = ("c:" + orders["customer_id"]).fillna("o:" + orders["order_id"])
    return orders


def read_contacts(landing: Path) -> pd.DataFrame:
    contacts = read_csv(landing, "contacts").dropna(subset=["contact_id"]).sort_values("updated_at", na_position="first")
    contacts = contacts.drop_duplicates("contact_id", keep="last").assign(stated_by=lambda rows: "k:" + rows["contact_id"])
    leads = read_csv(landing, "leads").dropna(subset=["lead_id"]).drop_duplicates("lead_id", keep="last")
    stated = pd.concat([contacts, leads.assign(stated_by="l:" + leads["lead_id"])], ignore_index=True)
    return stated.assign(
        email=person_email(stated["email"]),
        phone=person_phone(stated["phone"], stated["country"]),
        country=stated["country"].str.upper(),
        birth_date=pd.to_datetime(stated["birth_date"], format="%Y-%m-%d", errors="coerce"),
    )[["stated_by", "email", "phone", "first_name", "last_name", "country", "postal_code", "birth_date"]]


def find_people(seen: pd.DataFrame, orders: pd.DataFrame, contacts: pd.DataFrame) -> pd.Series:
    """Identifier → number of the person: joined over accounts, orders, contacts and addresses."""
    sides = []
    for owner, rows in (("c:" + seen["user_id"], seen), (orders["buyer"], orders), (contacts["stated_by"], contacts)):
        for kind, address in (("e:", rows["email"]), ("f:", rows["phone"])):
            sides.append(pd.DataFrame({"a": owner, "b": kind + address}).drop_duplicates())
    pairs = pd.concat(sides, ignore_index=True)
    codes, identifiers = pd.factorize(pd.concat([pairs["a"], pairs["b"]]))  # -1: there is none
    a, b = codes[: len(pairs)], codes[len(pairs) :]
    linked = (a >= 0) & (b >= 0)
    return pd.Series(components(a[linked], b[linked], len(identifiers)), index=identifiers)


def find_devices(events: pd.DataFrame, seen: pd.DataFrame, orders: pd.DataFrame, people: pd.Series) -> pd.Series:
    """Device → person: the only one seen on it; a device with several people or none is a visitor of its own."""
    buyers = seen["order_id"].map(orders.set_index("order_id")["buyer"])
    on_device = pd.concat(
        [
            pd.DataFrame({"anonymous_id": seen["anonymous_id"], "profile_id": identifiers.map(people)})
            for identifiers in ("c:" + seen["user_id"], "e:" + seen["email"], "f:" + seen["phone"], buyers)
        ]
    ).dropna()
    owners = on_device.groupby("anonymous_id")["profile_id"].agg(["min", "nunique"])
    devices = pd.Series(events["anonymous_id"].dropna().unique())
    owner = devices.map(owners.loc[owners["nunique"] == 1, "min"])
    visitors = pd.Series(range(len(devices)), dtype="float64") + people.max() + 1
    return pd.Series(owner.fillna(visitors).to_numpy(), index=devices)


def find_carts(owned: pd.DataFrame, bought: pd.DataFrame) -> pd.DataFrame:
    """What lies in each person's cart since the last checkout."""
    touches = owned[owned["product_id"].notna()].sort_values("occurred_at")
    checkout = touches["profile_id"].map(bought["last_checkout_at"])
    touches = touches[checkout.isna() | (touches["occurred_at"] > checkout)]
    touches = touches.assign(quantity=touches["quantity"].where(touches["event"] == CART_EVENTS[0], -touches["quantity"]))
    lines = touches.groupby(["profile_id", "product_id"], as_index=False).agg(
        touched_at=("occurred_at", "max"), price=("price", "last"), quantity=("quantity", "sum")
    )
    lines = lines[lines["quantity"] > 0]
    return (
        lines.assign(value=lines["price"] * lines["quantity"])
        .groupby("profile_id")
        .agg(cart_value=("value", "sum"), cart_updated_at=("touched_at", "max"))
    )


def make_profiles(
    events: pd.DataFrame, orders: pd.DataFrame, contacts: pd.DataFrame, people: pd.Series, devices: pd.Series
) -> pd.DataFrame:
    """One row per person: contact data, visits, orders, cart. Who was logged in goes before the device."""
    profile_id = ("c:" + events["user_id"]).map(people).fillna(events["anonymous_id"].map(devices))
    owned = events.assign(profile_id=profile_id, device=events["anonymous_id"].fillna(events["user_id"])).dropna(
        subset=["profile_id"]
    )
    owned = owned.sort_values(["device", "occurred_at"])
    gap = owned.groupby(["device", owned["occurred_at"].dt.normalize()])["occurred_at"].diff()
    visits = (
        owned.assign(begins=gap.isna() | (gap >= pd.Timedelta(minutes=30)))
        .groupby("profile_id")
        .agg(session_count=("begins", "sum"), first_visit_at=("occurred_at", "min"), last_visit_at=("occurred_at", "max"))
    )
    orders = orders.assign(profile_id=orders["buyer"].map(people))
    bought = orders.groupby("profile_id").agg(last_checkout_at=("ordered_at", "max"))
    revenue = orders[orders["status"].isin(REVENUE)].groupby("profile_id")
    revenue = revenue.agg(
        order_count=("order_id", "count"),
        net_revenue=("net", "sum"),
        first_order_at=("ordered_at", "min"),
        last_order_at=("ordered_at", "max"),
    )
    stated = contacts.assign(profile_id=contacts["stated_by"].map(people)).sort_values("stated_by")
    stated = stated.drop(columns="stated_by").groupby("profile_id").first()  # the first that is known, column by column
    everybody = pd.Index(pd.concat([people, devices]).unique(), name="profile_id")
    return pd.DataFrame(index=everybody).join([stated, visits, bought, revenue, find_carts(owned, bought)])


def score_rfm(profiles: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """RFM by quintiles."""
    customers = profiles[profiles["order_count"] > 0]
    last_day = customers["last_order_at"].dt.normalize()
    rfm = pd.DataFrame({
        "recency": (pd.Timestamp(as_of).normalize() - last_day).dt.days,
        "frequency": customers["order_count"],
        "monetary": customers["net_revenue"],
    })  # fmt: skip
    above = {name: sum((rfm[name] > cut).astype(int) for cut in rfm[name].quantile(QUINTILES)) for name in rfm}
    return rfm.assign(r_score=5 - above["recency"], f_score=1 + above["frequency"], m_score=1 + above["monetary"])


def find_granted(landing: Path, people: pd.Series) -> pd.Index:
    """Who agreed to all three purposes, by what was said last."""
    consents = read_csv(landing, "consents", "*.csv*")
    consents = consents[consents["purpose"].isin(PURPOSES) & consents["identifier_type"].isin(["email", "phone"])]
    email = "e:" + person_email(consents["identifier"])
    identifier = email.where(consents["identifier_type"] == "email", "f:" + person_phone(consents["identifier"], "FR"))
    consents = consents.assign(profile_id=identifier.map(people), occurred_at=moments(consents["occurred_at"]))
    newest = consents.dropna(subset=["profile_id", "occurred_at", "status"]).sort_values("occurred_at")
    newest = newest.drop_duplicates(["profile_id", "purpose"], keep="last")
    granted = newest[newest["status"] == "granted"].groupby("profile_id").size()
    return granted[granted == len(PURPOSES)].index


def export(audience: pd.DataFrame, as_of: datetime, path: Path) -> None:
    """The file that a platform takes: hashed, adults only."""
    reachable = audience["email"].notna() | audience["phone"].notna()
    adult = audience["birth_date"].isna() | (audience["birth_date"] <= pd.Timestamp(as_of) - pd.DateOffset(years=18))
    rows = audience[reachable & adult]
    said = {
        "Email": rows["email"],
        "Phone": "+" + rows["phone"],
        "First Name": rows["first_name"].str.strip(" ").str.lower(),
        "Last Name": rows["last_name"].str.strip(" ").str.lower(),
    }
    hashed = {name: values.map(sha256, na_action="ignore") for name, values in said.items()}
    file = pd.DataFrame({**hashed, "Country": rows["country"], "Zip": rows["postal_code"]})
    file.sort_values(list(file)).to_csv(path, index=False)


def pandas_slice(landing: Path, as_of: datetime, folder: Path) -> dict[str, float]:
    """Write profiles, RFM and the export into `folder`; returns people, customers, net revenue, carts."""
    events, orders, contacts = read_events(landing), read_orders(landing), read_contacts(landing)
    seen = events[["anonymous_id", "user_id", "email", "phone", "order_id"]]
    seen = seen.dropna(subset=["user_id", "email", "phone", "order_id"], how="all").drop_duplicates()
    people = find_people(seen, orders, contacts)
    profiles = make_profiles(events, orders, contacts, people, find_devices(events, seen, orders, people))
    rfm = score_rfm(profiles, as_of)
    lately = profiles["cart_updated_at"].between(
        pd.Timestamp(as_of) - pd.Timedelta(days=30), pd.Timestamp(as_of) - pd.Timedelta(days=1)
    )
    idle = profiles["last_checkout_at"].isna() | (profiles["last_checkout_at"] < pd.Timestamp(as_of) - pd.Timedelta(days=14))
    abandoners = profiles[lately & idle]
    profiles.to_parquet(folder / "pandas_profiles.parquet")
    rfm.to_parquet(folder / "pandas_rfm.parquet")
    export(abandoners[abandoners.index.isin(find_granted(landing, people))], as_of, folder / "pandas_export.csv")
    net_revenue = float(profiles["net_revenue"].sum())
    return {"people": len(profiles), "customers": len(rfm), "net_revenue": net_revenue, "cart_abandoners": len(abandoners)}


if __name__ == "__main__":
    run(pandas_slice)
