"""People: how far they have come, on whom revenue hangs, where customers stand by recency, frequency and value."""

from __future__ import annotations

from collections.abc import Sequence

from dagster_project.report.charts import bars, grid
from dagster_project.report.language import Language
from dagster_project.report.movement_panels import movement_panels
from dagster_project.report.panel import Chapter, Column, Panel
from dagster_project.report.reader import Reader, Row

FUNNEL = """
    select count(*),
        count(*) filter (is_known or lifecycle_stage <> 'visitor'),
        count(*) filter (lifecycle_stage in ('lead', 'customer', 'lapsed')),
        count(*) filter (lifecycle_stage in ('customer', 'lapsed')),
        count(*) filter (lifecycle_stage in ('customer', 'lapsed') and order_count >= 2)
    from profiles.profiles where not is_internal"""
STAGES = """
    select lifecycle_stage, count(*) filter (not is_internal), sum(net_revenue) from profiles.profiles
    group by 1 order by 2 desc, 1"""
SEGMENTS = """
    select rfm_segment, count(*) as customers, sum(monetary) as net_revenue, round(avg(recency_days))::bigint as mean_recency_days
    from scores.rfm group by 1 order by 3 desc, 1"""
NOT_SCORED = """
    select count(*) from profiles.profiles join profiles.not_profiled using (profile_id)
    where not is_internal and lifecycle_stage in ('customer', 'lapsed')"""
RFM_MAP = """
    select r, f, mode(rfm_segment order by rfm_segment), count(*), sum(monetary), sum(count(*)) over ()
    from scores.rfm group by r, f order by r, f"""
CONCENTRATION = """
    with spent as (
        select sum(net_company) as spent from profiles.person_orders
        where is_revenue and order_date > $day::date - 365 and order_date <= $day::date
        group by profile_id having sum(net_company) > 0
    ),
    ranked as (select spent, row_number() over (order by spent desc) as place from spent),
    whole as (select count(*) as customers, sum(spent) as spent from ranked),
    lines as (
        select unnest([0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0]) as share
    ),
    cut as (select share, greatest(ceil(share * customers), 1)::bigint as top, whole.spent as of from lines cross join whole)
    select cut.share::double, cut.top, sum(ranked.spent)::double / cut.of::double
    from cut join ranked on ranked.place <= cut.top
    where cut.of > 0 group by cut.share, cut.top, cut.of order by cut.share"""
"""A year's net revenue by those who spent it, the greatest first; share 0 is the one greatest customer."""
TIERS = """
    select tier, any_value(tier_name), any_value(tier_action), count(*), round(avg(score), 1)
    from scores.customers group by tier order by tier"""
MOVED = """
    select kind, previous, value, count(*) from scores.history
    where run_id = $run_id and kind <> 'lead_score' and previous <> value
    group by all order by kind, count(*) desc, previous, value"""

MOVES_SHOWN = 30


def people_chapter(read: Reader, _: Language) -> Chapter:
    note = _("How far people have come with the company, on whom its revenue hangs, and where its customers stand.")
    panels = [
        funnel(read, _),
        stages(read, _),
        concentration(read, _),
        rfm_map(read, _),
        segments(read, _),
        tiers(read, _),
        moved(read, _),
        *movement_panels(read, _),
    ]
    return Chapter("people", _("People"), note, panels)


def funnel(read: Reader, _: Language) -> Panel:
    counts = read.row(FUNNEL, "profiles.profiles") or ()
    names = [_("visitors"), _("prospects"), _("leads"), _("customers"), _("repeat customers")]
    whole = counts[0] if counts else 0
    before = [None, *counts]
    rows = [
        (name, people, people / whole if whole else None, people / come if come else None)
        for name, people, come in zip(names, counts, before, strict=False)
    ]
    note = _(
        "Everybody ever seen, by the farthest stage they have reached: whoever bought counts as a lead and a prospect too, "
        "also where they skipped those stages. Prospects are known by an address, a number or an account."
    )
    columns = [
        Column(_("stage")),
        Column(_("people"), "count"),
        Column(_("of all"), "share"),
        Column(_("of the stage before"), "share"),
    ]
    title = _("From visitors to repeat customers")
    chart = bars(title, [(row[0], row[1]) for row in rows], _("people"))
    return Panel("funnel", title, note, columns, rows if whole else [], [chart])


def stages(read: Reader, _: Language) -> Panel:
    columns = [Column(_("lifecycle stage"), "word"), Column(_("profiles"), "count"), Column(_("net revenue of orders"), "money")]
    note = _(
        "Where everybody stands now; a customer without an order for long has lapsed. Subscriptions are in no revenue of this "
        "chapter, but in that of the returns."
    )
    return Panel("people_by_stage", _("People"), note, columns, read.rows(STAGES, "profiles.profiles"))


def concentration(read: Reader, _: Language) -> Panel:
    found = top_shares(read)
    rows = [(_top(share, _), top, part) for share, top, part in found]
    title = _("Revenue by its greatest customers")
    note = _(
        "Share of the net revenue of the last 365 days that the customers who spent most brought. The more it hangs on few, "
        "the more their leaving would cost."
    )
    chart = bars(title, [(name, part) for name, _top_, part in rows[:-1]], _("of net revenue"), ".0%")
    columns = [Column(_("customers")), Column(_("how many"), "count"), Column(_("of net revenue"), "share")]
    return Panel("revenue_by_greatest_customers", title, note, columns, rows, [chart])


def top_shares(read: Reader) -> Sequence[Row]:
    """Share of customers (0: the one greatest), how many they are, their share of the last 365 days' net revenue."""
    return read.rows(CONCENTRATION, "profiles.person_orders")


def _top(share: float, _: Language) -> str:
    if share == 0:
        return _("the greatest one")
    return _("all") if share == 1 else _("the top {share}", share=_.share(share, 0))


def rfm_map(read: Reader, _: Language) -> Panel:
    found = read.rows(RFM_MAP, "scores.rfm")
    rows = [(r, f, segment, people, spent, people / whole) for r, f, segment, people, spent, whole in found]
    title = _("Customers by recency and frequency")
    note = _(
        "The RFM map: scores from 1 to 5; to the right those who bought last, upwards those who buy often. Each cell "
        "names its segment "
        "and its customers; the darker, the more revenue they brought."
    )
    if not_scored := _not_scored(read, _):
        note += f" {not_scored}"
    cells = [(str(r), str(f), spent, f"{_.word(segment)}\n{_.count(people)}") for r, f, segment, people, spent, _of in rows]
    scores = [str(score) for score in range(1, 6)]
    chart = grid(title, cells, _("recency score"), _("frequency score"), (118, 46), (scores, scores[::-1]))
    columns = [
        Column(_("recency score"), "count"),
        Column(_("frequency score"), "count"),
        Column(_("segment"), "word"),
        Column(_("customers"), "count"),
        Column(_("net revenue of orders"), "money"),
        Column(_("of customers"), "share"),
    ]
    return Panel("rfm_map", title, note, columns, rows, [chart])


def segments(read: Reader, _: Language) -> Panel:
    columns = [
        Column(_("segment"), "word"),
        Column(_("customers"), "count"),
        Column(_("net revenue of orders"), "money"),
        Column(_("mean recency (days)"), "count"),
    ]
    note = _(
        "By recency, frequency and monetary value (seeds/rfm_segments.csv); what they brought, and how long ago they last bought."
    )
    if not_scored := _not_scored(read, _):
        note += f" {not_scored}"
    return Panel("rfm_segments", _("RFM segments"), note, columns, read.rows(SEGMENTS, "scores.rfm"))


def _not_scored(read: Reader, _: Language) -> str:
    """Why there are more customers than are scored."""
    row = read.row(NOT_SCORED, "profiles.profiles", "profiles.not_profiled")
    if row is None or not row[0]:
        return ""
    return _(
        "Customers who stand nowhere here, since they have not agreed to being profiled, or objected: {number}.",
        number=_.count(row[0]),
    )


def tiers(read: Reader, _: Language) -> Panel:
    columns = [
        Column(_("tier"), "count"),
        Column(_("name"), "word"),
        Column(_("to do"), "word"),
        Column(_("customers"), "count"),
        Column(_("mean score"), "number"),
    ]
    note = _("By the customer score of 0 to 100 (seeds/customer_weights.csv, customer_tiers.csv).")
    return Panel("customer_tiers", _("Customer tiers"), note, columns, read.rows(TIERS, "scores.customers"))


def moved(read: Reader, _: Language) -> Panel:
    found = read.rows(MOVED, "scores.history")
    columns = [Column(_("figure"), "word"), Column(_("from"), "word"), Column(_("to"), "word"), Column(_("people"), "count")]
    note = _("people who stand elsewhere than after the run before: {number}", number=_.count(sum(row[3] for row in found)))
    return Panel("moved_since_the_run_before", _("Moved since the run before"), note, columns, found[:MOVES_SHOWN])
