"""What people say of themselves and to the company: contacts, forms, e-mail engagement, consents, requests to be forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from .histories import Life
from .people import LAST, RUNS, Erased, Person, Record, before, spelt_email, spelt_phone, written

ADS = ("ads", "platform_matching", "ad_user_data", "ad_personalization")
PURPOSES = (*ADS, "email", "phone", "profiling")


def contacts(life: Life) -> None:
    """One record of the CRM or two, the second with another address of the same person."""
    person, chance = life.person, life.chance
    # Who asks to be left out of advertising by age has to have said their age.
    count = 2 if len(person.emails) > 1 and life.happens(0.6) else 1 if life.is_minor or life.happens(0.75) else 0
    for place in range(count):
        at = life.lived(900, 20)
        number = life.account if place == 0 and life.has_account else life.number("c")
        ids = [f"account:{number}" if number == life.account else f"contact:{number}", f"email:{person.emails[place]}"]
        row = {
            "contact_id": number, "email": spelt_email(chance, person.emails[place]), "first_name": person.first_name,
            "last_name": person.last_name, "country": person.country, "postal_code": "75011", "city": "Paris",
            "created_at": written(at), "updated_at": written(at),
        }  # fmt: skip
        if person.born and place == 0:
            row["birth_date"] = person.born.isoformat()
        if person.phone and (count == 2 or life.happens(0.7)):
            row["phone"] = spelt_phone(chance, person.phone, person.country)
            ids.append(f"phone:{person.phone}")
        if person.number % 20 == 0:
            row["person_kind"] = "professional"
        life.add("contacts", at, ids, row, run=0 if life.happens(0.9) else chance.choice((1, 2)))


def leads(life: Life) -> None:
    person, chance = life.person, life.chance
    if not life.happens(0.15) or life.is_minor:
        return
    at, number = life.lived(120, -6.5), life.number("l")
    ids = [f"lead:{number}", f"email:{person.emails[0]}"]
    row = {
        "lead_id": number, "email": spelt_email(chance, person.emails[0]), "first_name": person.first_name,
        "last_name": person.last_name, "country": person.country, "created_at": written(at), "form": "catalogue", "status": "new",
    }  # fmt: skip
    if person.phone:
        row["phone"] = spelt_phone(chance, person.phone, person.country)
        ids.append(f"phone:{person.phone}")
    life.add("leads", at, ids, row)
    if person.phone and life.happens(0.3):
        for _ in range(chance.choice((2, 4, 5))):
            call(life, person, life.lived(20, -6.5), chance.choice(("no answer", "no answer", "answered")))


def call(life: Life, person: Person, at: datetime, outcome: str) -> None:
    row = {"call_id": life.number("t"), "phone": spelt_phone(life.chance, person.phone or ""), "direction": "outbound"}
    life.add("calls", at, [f"phone:{person.phone}"], row | {"occurred_at": written(at), "outcome": outcome})


def mail(life: Life, email: str, kind: str, at: datetime, campaign: str, **more: str) -> None:
    row = {"event_id": life.number("e"), "email": spelt_email(life.chance, email), "type": kind, "occurred_at": written(at)}
    life.add("email_events", at, [f"email:{email}"], row | {"campaign_id": campaign} | more)


def engagement(life: Life) -> None:
    """What mailing tools tell: who got what, opened, clicked, sent it back, left or complained."""
    chance = life.chance
    for email in life.person.emails:
        if life.happens(0.4):
            end = chance.randrange(len(RUNS))
            for number in range(chance.choice((1, 2, 4, 5, 6))):
                at = before(end, chance.uniform(0.1, 9))
                mail(life, email, "delivered", at, f"news{number}")
                if life.happens(0.4):
                    mail(life, email, chance.choice(("opened", "clicked")), at + timedelta(minutes=5), f"news{number}")
        for kind, odds in (("bounced", 0.06), ("unsubscribed", 0.06), ("complained", 0.04)):
            if life.happens(odds):
                soft = kind == "bounced" and life.happens(0.3)
                at = life.lived(200, 3) if life.happens(0.6) else life.lived(3, -6.9)
                mail(life, email, kind, at, "old", **({"bounce_type": "soft"} if soft else {}))
    if life.person.phone and life.happens(0.04):
        for _ in range(4):
            at = life.lived(6, -6.5)
            row = {"event_id": life.number("s"), "channel": "sms", "identifier": spelt_phone(chance, life.person.phone)}
            told = {"type": "sent", "occurred_at": written(at), "campaign_id": life.number("sms")}
            life.add("message_events", at, [f"phone:{life.person.phone}"], row | told)


def dissatisfaction(life: Life) -> None:
    if life.happens(0.06):
        at, email = life.lived(50, -6), life.person.emails[0]
        row = {"review_id": life.number("r"), "email": spelt_email(life.chance, email), "product_id": "lamp-basic"}
        life.add("reviews", at, [f"email:{email}"], row | {"rating": life.chance.choice((1, 2, 5)), "created_at": written(at)})


def say(life: Life, purpose: str, status: str, at: datetime, run: int | None = None, first: bool = False) -> None:
    """One statement, with an address, an account or a device, with a proof or not."""
    person, chance = life.person, life.chance
    who = [("email", f"email:{email}", spelt_email(chance, email)) for email in person.emails]
    if not first:
        if person.phone:
            who.append(("phone", f"phone:{person.phone}", spelt_phone(chance, person.phone)))
        if life.has_account:
            who += [(kind, f"account:{life.account}", life.account) for kind in ("user_id", "customer_id")]
        who += [("anonymous_id", f"device:{device}", device) for device in life.devices]
    if purpose == "phone" and person.phone:
        who = [("phone", f"phone:{person.phone}", spelt_phone(chance, person.phone)), *([] if first else who[-1:])]
    kind, one, spelt = who[0] if first else chance.choice(who)
    row = {"identifier_type": kind, "identifier": spelt, "purpose": purpose, "status": status, "occurred_at": written(at)}
    proof = f"log-{life.number('')}" if first or life.happens(0.6) else chance.choice(("", " "))
    life.add("consents", at, [one], row | {"collected_by": "form", "proof": proof}, run)


def consents(life: Life) -> None:
    """A yes to everything, to some or to nothing; then anything, in any order, late, in the future, twice, for and against."""
    chance = life.chance
    if life.happens(0.78):
        at = life.lived(1_000, 40) if life.happens(0.9) else life.lived(2_000, 1_200)
        for purpose in PURPOSES:
            if purpose != "profiling" and life.happens(0.94):
                say(life, purpose, "granted", at, first=True)
    if life.happens(0.45):
        for _ in range(chance.choice((1, 1, 2, 4, 6))):
            purpose = chance.choice(PURPOSES)
            status = chance.choice(("granted", "granted", "denied", "withdrawn"))
            at = life.lived(400, -6.9)
            say(life, purpose, status, at)
            if life.happens(0.1):
                say(life, purpose, chance.choice(("granted", "withdrawn")), at)
    if life.happens(0.05):
        # Dated ahead: of the clock of the next run, or of every clock there will be.
        purpose = chance.choice(PURPOSES)
        ahead = chance.choice((RUNS[0] + timedelta(days=1), RUNS[1] + timedelta(days=2), datetime(2999, 1, 1)))
        say(life, purpose, "granted", ahead, run=0)
    if life.happens(0.03):
        for device in life.devices:
            row = {"identifier_type": "anonymous_id", "identifier": device, "purpose": "trackers", "status": "denied"}
            told = {"occurred_at": written(before(0, 3_000)), "collected_by": "banner", "proof": ""}
            life.add("consents", before(0, 3_000), [f"device:{device}"], row | told, run=0)


def subscription(life: Life) -> None:
    if life.has_account and life.happens(0.03):
        at, number = before(0, 500), life.number("p")
        row = {"subscription_id": number, "customer_id": life.account, "plan": "box", "started_at": written(at)}
        ended = {"ended_at": written(before(0, life.chance.uniform(10, 400)))} if life.happens(0.6) else {}
        life.add("subscriptions", at, [f"account:{life.account}"], row | ended, run=0)


def erasure(life: Life) -> None:
    """Whoever has asked to be forgotten before the first run; what was known of them is sent again by systems that don't know."""
    person = life.person
    if person.number % 4_000 != 2_011:
        return
    asked = before(0, 0.05)
    person.records[:] = [record for record in person.records if record.at < asked]
    person.erased = Erased(asked, 0, 0)
    request(life.person, asked, 0)
    for record in [record for record in person.records if record.entity in ("contacts", "orders", "consents", "events")]:
        person.records.append(Record(LAST, record.entity, record.at, record.ids, {"sent": "again"} | record.row))


def request(person: Person, asked: datetime, run: int) -> None:
    """A row that asks for an erasure."""
    row = {"identifier_type": "email", "identifier": person.emails[0].upper(), "requested_at": written(asked)}
    person.records.append(Record(run, "erasures", asked, (f"email:{person.emails[0]}",), row))


def make_people(seed: int, count: int) -> list[Person]:
    """Everybody with their history, the same for the same arguments."""
    people = []
    for number in range(count):
        life = Life(seed, number)
        contacts(life)
        leads(life)
        life.rhythm()
        life.visits()
        life.logins()
        if life.happens(0.9):
            life.cart()
        engagement(life)
        dissatisfaction(life)
        subscription(life)
        consents(life)
        erasure(life)
        people.append(life.person)
    return people
