"""Scores: how leads stand, and whether what is predicted of people comes true."""

from __future__ import annotations

from dagster_project.report.charts import bars, calibration
from dagster_project.report.language import Language
from dagster_project.report.panel import Chapter, Column, Panel
from dagster_project.report.reader import Reader

SLOPE = 0.8
"""Below it, probabilities are clearly bolder than what happens."""

GRADES = """
    select grade, count(*) filter (where qualified), count(*) filter (where not qualified), round(avg(score), 1)
    from scores.leads group by grade order by grade"""
CARDS = """
    select model, method, days, fit_at, examples, events, event_rate, coalesce(time_auc, random_auc),
        coalesce(time_lift, random_lift),
        coalesce(time_brier, random_brier), coalesce(time_brier_base, random_brier_base), coalesce(time_slope, random_slope),
        rules_time_auc, scored, drift_psi, drift
    from scores.model_cards order by model"""
CALIBRATION = "select model, tenth, said, happened, examples from scores.calibration order by model, tenth"
PREDICTED = """
    select model, least(floor(probability * 10), 9)::int as tenth, count(*) as people, avg(probability)
    from scores.predictions group by all order by all"""
CLV = """
    select customers, repeat_buyers, holdout_days, holdout_customers, holdout_actual, holdout_predicted, holdout_mae,
        holdout_simple_mae, orders_reason, value_reason
    from scores.clv_fit order by fit_date desc limit 1"""


def score_chapter(read: Reader, _: Language) -> Chapter:
    note = _("What is said of people in advance, and how far it has come true for people and times it had not seen.")
    return Chapter(
        "scores", _("Scores"), note, [grades(read, _), cards(read, _), calibrated(read, _), predicted(read, _), clv(read, _)]
    )


def grades(read: Reader, _: Language) -> Panel:
    columns = [
        Column(_("grade")),
        Column(_("qualified"), "count"),
        Column(_("refused"), "count"),
        Column(_("mean score"), "number"),
    ]
    note = _("Leads that have not bought yet, by grade (seeds/lead_grades.csv): how well they fit, and how much they have done.")
    return Panel("leads_and_prospects", _("Leads and prospects"), note, columns, read.rows(GRADES, "scores.leads"))


def cards(read: Reader, _: Language) -> Panel:
    found = read.rows(CARDS, "scores.model_cards")
    title = _("How good the predictions are")
    note = _(
        "Judged on times after those the model learnt from. AUC: how often it ranks right one to whom it happened "
        "against one to whom "
        "it did not (50% is chance). Lift: how many times as often it happened among the tenth ranked highest. "
        "Calibration slope: "
        "1 where probabilities are as they were said, below 1 where they were too bold. Brier: squared error, against that "
        "of one probability for all. Drift: how far today's people differ from those it learnt from."
    )
    names = [_.word(row[0]) for row in found]
    charts = [
        bars(
            _("AUC: right order of two people"),
            [(name, row[7]) for name, row in zip(names, found, strict=True)],
            "AUC",
            ".2f",
            0.5,
        ),
        bars(
            _("Calibration slope"), [(name, row[11]) for name, row in zip(names, found, strict=True)], _("slope"), ".2f", 1, SLOPE
        ),
    ]
    columns = [
        Column(_("prediction"), "word"),
        Column(_("method"), "word", is_shown=False),
        Column(_("days ahead"), "count"),
        Column(_("fitted on"), "day"),
        Column(_("examples"), "count", is_shown=False),
        Column(_("times it happened"), "count"),
        Column(_("how often"), "share"),
        Column("AUC", "number"),
        Column(_("lift of the first tenth"), "number"),
        Column("Brier", "number"),
        Column(_("Brier of one for all"), "number"),
        Column(_("calibration slope"), "number"),
        Column(_("AUC of the rules"), "number"),
        Column(_("people scored"), "count"),
        Column(_("drift (PSI)"), "number"),
        Column(_("drift"), "word"),
    ]
    return Panel("model_cards", title, note, columns, found, charts)


def calibrated(read: Reader, _: Language) -> Panel:
    found = read.rows(CALIBRATION, "scores.calibration")
    title = _("What was said, and what happened")
    note = _(
        "People that a model had not learnt from, in tenths by what it said of them: on the dashed line it happened as often as "
        "it was said to; below the line, less often."
    )
    columns = [
        Column(_("prediction"), "word"),
        Column(_("tenth"), "count"),
        Column(_("mean probability"), "share"),
        Column(_("how often"), "share"),
        Column(_("examples"), "count"),
    ]
    points = [(_.word(model), said, happened) for model, tenth, said, happened, people in found]
    return Panel("calibration", title, note, columns, found, [calibration(title, points, _("said"), _("happened"))])


def predicted(read: Reader, _: Language) -> Panel:
    found = read.rows(PREDICTED, "scores.predictions")
    rows = [(model, _tenth(tenth, _), people, mean) for model, tenth, people, mean in found]
    columns = [
        Column(_("prediction"), "word"),
        Column(_("probability")),
        Column(_("people"), "count"),
        Column(_("mean probability"), "share"),
    ]
    note = _("How many people each probability was given to.")
    return Panel("predictions", _("What is predicted now"), note, columns, rows)


def clv(read: Reader, _: Language) -> Panel:
    row = read.row(CLV, "scores.clv_fit")
    title = _("Customer value: predicted and what came")
    note = _(
        "The value model was fitted without the last days of the history, and its orders held against those that came "
        "then; the error "
        "is that of one customer's orders, beside that of saying everybody goes on as before."
    )
    if row is None:
        return Panel("clv", title, note, [], [])
    customers, repeat, days, held, actual, foretold, error, simple, *_reasons = row
    rows = [
        (_("customers with orders"), customers),
        (_("of them with orders on two days"), repeat),
        (_("days held back"), days),
        (_("customers held against them"), held),
        (_("orders that came"), actual),
        (_("orders predicted"), foretold),
        (_("mean error"), error),
        (_("mean error of going on as before"), simple),
    ]
    charts = []
    if actual and foretold:
        charts = [bars(title, [(_("orders predicted"), foretold), (_("orders that came"), actual)], _("orders"), ",.0f")]
    return Panel("clv", title, note, [Column(_("figure")), Column(_("value"), "number")], rows, charts)


def _tenth(tenth: int, _: Language) -> str:
    return _("{low} to {high}", low=_.share(tenth / 10, 0), high=_.share((tenth + 1) / 10, 0))
