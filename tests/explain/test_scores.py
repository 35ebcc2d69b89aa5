"""How scores are told: each with its parts, which add up, and nothing of how they were worked out."""

from __future__ import annotations

from decimal import Decimal

from dagster_project.explain.scores import score_sections


def test_each_score_stands_with_its_parts() -> None:
    """Sales see a score of 30 among tables of workings, and can't tell what it is made of."""
    scores = {
        "lead_contributions": [
            {"rule_id": "scale", "family": "scale", "points": Decimal(-10), "evidence": '{"sum":"110.0","bound":"100.0"}'},
            {"rule_id": "clicks", "family": "behavioural", "points": Decimal(90),
             "evidence": '{"attribute":"times.email_clicked|sms_clicked","value":"3","days_ago":12}'},
            {"rule_id": "no_owner", "family": "demographic", "points": Decimal(20),
             "evidence": '{"attribute":"owner","value":null}'},
        ],
        "lead_facts": [{"attribute": "age", "value": "52"}],
        "leads": [{"score": Decimal(100), "grade": "A1", "disqualified_reason": None, "p_convert": 0.0012}],
        "customers": [{"score": Decimal(20), "tier": 4, "found_orders": 2.0, "points_orders": Decimal(20)}],
        "customer_contributions": [{"criterion": "orders", "points": Decimal(20), "evidence": '{"value":"2.0000"}'}],
        "movements": [{"kind": "lead_grade", "moved_from": "B2", "moved_to": "A1", "position": place} for place in (2, 1)],
    }  # fmt: skip
    told = {section.title: section for section in score_sections(scores, most=30)}
    assert list(told) == [
        "scores.customers", "scores.customer_contributions", "scores.leads", "scores.lead_contributions", "scores.movements",
    ]  # fmt: skip
    assert told["scores.customers"].rows == [("score", 20), ("tier", 4)]
    assert told["scores.customer_contributions"].rows == [("orders", 20, "2.0000")]
    assert ("p_convert", "0.12 %") in told["scores.leads"].rows
    assert told["scores.lead_contributions"].rows == [
        ("clicks", "behavioural", 90, "times 3, days_ago 12"),
        ("no_owner", "demographic", 20, "owner not known"),
        ("scale", "scale", -10, "sum 110.0, bound 100.0"),
    ]
    assert "100.00" in told["scores.lead_contributions"].note
    assert [row[-1] for row in told["scores.movements"].rows] == [1, 2]
