"""User agents: machines are told from people, by a list that can be added to."""

from __future__ import annotations

import pytest

from dagster_project.errors import RelanceError
from dagster_project.loads.agents import own_patterns, wrong_patterns
from dagster_project.loads.normalise import normalise_identifiers

from .landing import Project

MACHINES = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessEdg/120.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126 Safari/537.36 Cypress/13.2",
    "Mozilla/5.0 (compatible; Selenium)",
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
    "python-requests/2.32.3", "Python-urllib/3.8", "curl/8.1", "Wget/1.21", "Java/1.8.0_202", "Go-http-client/1.1",
    "GuzzleHttp/7", "node", "PostmanRuntime/7.3", "Scrapy/2.5 (+https://scrapy.org)", "our-own-crawler/1.0", "some spider",
    "Mozilla/5.0 (Linux; Android 11; moto g power) AppleWebKit/537.36 Chrome/109 Mobile Safari/537.36 Chrome-Lighthouse",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "Mozilla/5.0 (compatible; UptimeRobot/2.0)", "Datadog/Synthetics",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "WhatsApp/2.19.81 A",
    "SkypeUriPreview Preview/0.5",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
]  # fmt: skip
PEOPLE = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; CUBOT_X30) AppleWebKit/537.36 Chrome/91 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Instagram 300.0 (iPhone14,5; iOS 17_5; fr_FR)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/450;FBDV/iPhone14,5]",
    "Mozilla/5.0 (Linux; Android 13; SM-G991B; wv) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 [Pinterest/Android]",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/137.0.0.0 Safari/537.36 Edg/137.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
    "MyShop/5.1 (iPhone; iOS 17.5; Scale/3.00)", "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 6)", "Dart/3.0 (dart:io)",
    "-", "é\u0000🤖",
]  # fmt: skip


def _land(project: Project, agents: list[str], name: str = "e") -> None:
    rows = ["message_id,type,event,anonymous_id,timestamp,context"]
    for number, agent in enumerate(agents):
        escaped = agent.replace("\\", "\\\\").replace("\u0000", "\\u0000").replace('"', '\\"')
        context = f'{{"userAgent":"{escaped}"}}'.replace('"', '""')
        rows.append(f'{name}{number},track,Product Viewed,d{number},2026-01-31T10:00:00Z,"{context}"')
    project.write(f"generic/events/{name}.csv", "\n".join(rows) + "\n")
    project.load()


def _verdicts(project: Project) -> dict[str, bool]:
    with project.warehouse() as con:
        normalise_identifiers(con, project.settings)
        return dict(con.execute("select user_agent, is_bot from identity.user_agents").fetchall())


def test_machines_are_told_from_people(project: Project) -> None:
    """Crawlers would fill the audiences; people with a Cubot phone or in Instagram's browser would be left out of them."""
    _land(project, [*MACHINES, *PEOPLE])
    verdicts = _verdicts(project)
    assert [agent for agent in MACHINES if not verdicts[agent]] == []
    assert [agent for agent in PEOPLE if verdicts[agent]] == []


def test_a_changed_list_judges_everything_afresh(project: Project) -> None:
    """A company that adds its monitor, or clears its own app, would wait for ever: its agents were judged by the old list."""
    _land(project, ["ShopApp/3 okhttp/4.9", "Mozilla/5.0 (Wächter 7)", "curl/8"])
    assert _verdicts(project) == {"ShopApp/3 okhttp/4.9": True, "Mozilla/5.0 (Wächter 7)": False, "curl/8": True}
    (project.base / "seeds").mkdir()
    seed = project.base / "seeds" / "bot_user_agents.csv"
    seed.write_text('pattern,is_bot,reason\n^shopapp/,false,our app\n"wächter [0-9]",true,our guard\n', encoding="utf-8")
    assert _verdicts(project) == {"ShopApp/3 okhttp/4.9": False, "Mozilla/5.0 (Wächter 7)": True, "curl/8": True}


@pytest.mark.parametrize("row", ["(,true,open", ".*,true,all", ",true,nothing", "x(?=y),true,look ahead", "abc,perhaps,why"])
def test_a_mistake_in_the_list_is_told_with_its_line(project: Project, row: str) -> None:
    """A pattern that can't be read would end in a traceback; one that fits everything would empty every audience."""
    (project.base / "seeds").mkdir()
    (project.base / "seeds" / "bot_user_agents.csv").write_text(f"pattern,is_bot,reason\nfine,true,ok\n{row}\n")
    assert [mistake.where.rsplit(":")[-1] for mistake in wrong_patterns(project.settings)] == ["3"]
    with pytest.raises(RelanceError):
        own_patterns(project.settings)
