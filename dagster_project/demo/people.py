"""The known people of one shard: who they are, how they can be reached and which of the shop's systems know them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.plan import DAY, Plan, chance, pick
from dagster_project.demo.text import digits, either, join, only, take
from dagster_project.demo.vocabulary import COUNTRIES, DISPOSABLE_DOMAINS, EMAIL_DOMAINS, STAFF_DOMAIN

CUSTOMER, PROSPECT, TESTER = 0, 1, 2
_ACCOUNT, _GUEST, _STORE, _LEAD, _NEWSLETTER, _VISITOR_OF_EVENTS, _CARD = range(7)
"""How a person came to be known: web account, guest checkout, shop counter, form, newsletter, open day, old card file."""

NO_BIRTH_DATE = -(2**40)
_LEAP_DAYS = [(date(year, 2, 29) - date(1970, 1, 1)).days for year in (1968, 1980, 1992, 2000)]


@dataclass(frozen=True)
class People:
    """Arrays with one entry per known person of the shard."""

    kind: np.ndarray
    number: np.ndarray
    """Number in the whole demo, from 1 within customers and prospects, within testers from 1 too."""
    account: np.ndarray
    """Has a web account: user_id = customer_id."""
    counter_only: np.ndarray
    """Customer of the stores who never visits the site."""
    in_crm: np.ndarray
    is_lead: np.ndarray
    subscriber: np.ndarray
    """Known by a newsletter form on the site."""
    registrant: np.ndarray
    country: np.ndarray
    woman: np.ndarray
    first: np.ndarray
    last: np.ndarray
    place: np.ndarray
    role_address: np.ndarray
    """Left nothing but an address that others use too."""
    has_email: np.ndarray
    domain: np.ndarray
    disposable: np.ndarray
    phone: np.ndarray
    """Rank among the country's numbers, -1 without a phone."""
    birth_day: np.ndarray
    """Days since 1970, NO_BIRTH_DATE where unknown."""
    guardian: np.ndarray
    """For a minor who left a parent's phone: the parent's index, else -1."""
    created: np.ndarray
    """Milliseconds: first known to the shop."""

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def visits_site(self) -> np.ndarray:
        """People who may log in or leave an address on the site."""
        return (self.account | self.subscriber | (self.kind == CUSTOMER)) & ~self.counter_only & (self.kind != TESTER)

    @cached_property
    def truth_id(self) -> pa.StringArray:
        return join(either(self.kind == TESTER, "T", "K"), digits(self.number, 7))

    @cached_property
    def customer_id(self) -> pa.StringArray:
        return join(either(self.kind == TESTER, "C9", "C"), digits(self.number, 6))

    @cached_property
    def first_name(self) -> pa.StringArray:
        return _by_country(self.country, lambda c: c.women + c.men, self._first_index)

    @property
    def _first_index(self) -> np.ndarray:
        women = np.array([len(country.women) for country in COUNTRIES])[self.country]
        men = np.array([len(country.men) for country in COUNTRIES])[self.country]
        return np.where(self.woman, self.first % women, women + self.first % men)

    @property
    def _last_index(self) -> np.ndarray:
        return self.last % np.array([len(country.surnames) for country in COUNTRIES])[self.country]

    @cached_property
    def last_name(self) -> pa.StringArray:
        return _by_country(self.country, lambda c: c.surnames, self._last_index)

    @cached_property
    def mailbox(self) -> pa.StringArray:
        """What stands before the @: unique, because it ends with the person's number."""
        first = _by_country(self.country, lambda c: [_ascii(name) for name in c.women + c.men], self._first_index)
        last = _by_country(self.country, lambda c: [_ascii(name) for name in c.surnames], self._last_index)
        return join(first, ".", last, either(self.kind == TESTER, ".qa", ""), digits(self.number))

    @cached_property
    def email(self) -> pa.StringArray:
        """The address as it should come out: lower case; missing where the person has none."""
        throw_away = len(EMAIL_DOMAINS) + self.domain % len(DISPOSABLE_DOMAINS)
        hosts = [*EMAIL_DOMAINS, *DISPOSABLE_DOMAINS, STAFF_DOMAIN]
        host = take(hosts, np.select([self.kind == TESTER, self.disposable], [len(hosts) - 1, throw_away], self.domain))
        return only(self.has_email, join(self.mailbox, "@", host))

    @cached_property
    def national_number(self) -> pa.StringArray:
        """The significant digits without trunk zero, missing without a phone."""
        text = np.full(len(self), "", dtype="U12")
        for code, country in enumerate(COUNTRIES):
            mine = np.flatnonzero((self.country == code) & (self.phone >= 0))
            rank = self.phone[mine]
            for prefix, width in country.phone_blocks:
                if not len(mine):
                    break
                fits = rank < 10**width
                numbers = prefix + np.char.zfill(np.minimum(rank, 10**width - 1).astype("U10"), width)
                text[mine[fits]] = numbers[fits]
                mine, rank = mine[~fits], rank[~fits] - 10**width
        return only(text != "", pa.array(text))

    @cached_property
    def e164(self) -> pa.StringArray:
        calling = take([country.calling for country in COUNTRIES], self.country)
        return only(self.has_phone, join("+", calling, self.national_number))

    @property
    def has_phone(self) -> np.ndarray:
        return self.phone >= 0

    @property
    def shares_phone(self) -> np.ndarray:
        """Minors who left a parent's phone, and those parents."""
        shares = self.guardian >= 0
        shares[self.guardian[self.guardian >= 0]] = True
        return shares

    def country_code(self) -> pa.StringArray:
        return take([country.code for country in COUNTRIES], self.country)

    def city(self) -> tuple[pa.StringArray, pa.StringArray, pa.StringArray]:
        """City, postal code, region."""
        index = self.place % np.array([len(country.cities) for country in COUNTRIES])[self.country]
        parts = [_by_country(self.country, lambda c, part=part: [city[part] for city in c.cities], index) for part in range(3)]
        return parts[0], parts[1], parts[2]

    def is_minor(self, plan: Plan) -> np.ndarray:
        """Younger than eighteen (counted in days, 18 × 365.25) as of the demo's clock."""
        return self.birth_day > plan.as_of // DAY - 6574


def make_people(plan: Plan, shard: int) -> People:
    """The customers, prospects and (in the first shard) testers that belong to a shard."""
    rng = plan.rng("people", shard)
    customers, prospects = plan.share(plan.customers, shard), plan.share(plan.prospects, shard)
    testers = plan.testers if shard == 0 else 0
    kind = np.repeat([CUSTOMER, PROSPECT, TESTER], [len(customers), len(prospects), testers])
    number = np.concatenate([np.array(customers), plan.customers + np.array(prospects), np.arange(testers)]).astype(np.int64) + 1
    size = len(kind)

    style = np.where(
        kind == CUSTOMER,
        np.array([_ACCOUNT, _GUEST, _STORE])[pick(rng, [0.80, 0.12, 0.08], size)],
        np.array([_ACCOUNT, _LEAD, _NEWSLETTER, _VISITOR_OF_EVENTS, _CARD])[pick(rng, [0.30, 0.35, 0.13, 0.12, 0.10], size)],
    )
    style[kind == TESTER] = _ACCOUNT
    real = kind != TESTER
    is_lead = real & ((style == _LEAD) | ((kind == CUSTOMER) & (style != _STORE) & chance(rng, 0.12, size)))
    has_email = ~((style == _STORE) & chance(rng, 0.5, size)) & ~((style == _LEAD) & chance(rng, 0.06, size, at_least=size // 20))
    role_address = np.zeros(size, dtype=bool)
    role_address[np.flatnonzero(style == _CARD)[: 4 if shard == 0 else 0]] = True
    has_email &= ~role_address
    registrant = real & has_email & ((style == _VISITOR_OF_EVENTS) | ((style == _ACCOUNT) & chance(rng, 0.08, size)))
    in_crm = real & (np.isin(style, [_STORE, _CARD]) | chance(rng, 0.85, size) | (registrant & (style == _VISITOR_OF_EVENTS)))

    birth = rng.integers(plan.as_of // DAY - 80 * 365, plan.as_of // DAY - 19 * 365, size)
    leap = chance(rng, 0.003, size, at_least=2 if shard == 0 else 0)
    birth[leap] = np.array(_LEAP_DAYS)[rng.integers(0, len(_LEAP_DAYS), int(leap.sum()))]
    birth[chance(rng, 0.4, size) & ~leap] = NO_BIRTH_DATE
    minor = np.isin(style, [_VISITOR_OF_EVENTS, _CARD]) & ~leap & ~role_address & chance(rng, 0.08, size)
    birth[minor] = rng.integers(plan.as_of // DAY - 17 * 365, plan.as_of // DAY - 8 * 365, int(minor.sum()))

    country = pick(rng, [c.weight for c in COUNTRIES], size).astype(np.int64)
    wants_phone = real & ~minor & (chance(rng, 0.6, size) | ~has_email | (style == _STORE))
    phone = np.full(size, -1, dtype=np.int64)
    for code in range(len(COUNTRIES)):
        mine = np.flatnonzero(wants_phone & (country == code))
        phone[mine] = plan.share(plan.known, shard).start + np.arange(len(mine))

    people = People(
        kind=kind,
        number=number,
        account=style == _ACCOUNT,
        counter_only=style == _STORE,
        in_crm=in_crm,
        is_lead=is_lead,
        subscriber=style == _NEWSLETTER,
        registrant=registrant,
        role_address=role_address,
        country=country,
        woman=rng.random(size) < 0.56,
        first=rng.integers(0, 2**20, size),
        last=rng.integers(0, 2**20, size),
        place=rng.integers(0, 2**20, size),
        has_email=has_email,
        domain=rng.integers(0, len(EMAIL_DOMAINS), size),
        disposable=(style == _LEAD) & chance(rng, 0.06, size),
        phone=phone,
        birth_day=birth,
        guardian=np.full(size, -1, dtype=np.int64),
        created=rng.integers(plan.start, plan.as_of - 3 * DAY, size) // 1000 * 1000,
    )
    _give_guardians(rng, people, minor & (chance(rng, 0.5, size)))
    return people


def _give_guardians(rng: np.random.Generator, people: People, minor: np.ndarray) -> None:
    """Some minors leave the phone (and country and surname) of a parent, who is a customer: two people, one number."""
    parents = np.flatnonzero((people.kind == CUSTOMER) & people.account & people.has_phone)
    children = np.flatnonzero(minor)
    if len(parents) == 0:
        return
    parent = parents[rng.permutation(len(parents))[: len(children)]]
    children = children[: len(parent)]
    people.guardian[children] = parent
    for column in (people.phone, people.country, people.last, people.place):
        column[children] = column[parent]


def _by_country(country: np.ndarray, words, index: np.ndarray) -> pa.StringArray:
    """The word at `index` in the list that `words` finds for each person's country."""
    lists = [list(words(one)) for one in COUNTRIES]
    starts = np.cumsum([0] + [len(one) for one in lists])
    return take([word for one in lists for word in one], starts[country] + index)


def _ascii(name: str) -> str:
    """`D'Aubigné` → `daubigne`: a name as it stands in an e-mail address."""
    name = name.replace("ß", "ss").replace("ı", "i").replace("ø", "o")
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum())


def spaced_national(people: People, who: np.ndarray) -> pa.StringArray:
    """Phones as people write them at home: `01 99 00 12 34`, `(212) 555-0123`."""
    number = people.national_number.take(pa.array(who))

    def part(start: int, stop: int | None = None) -> pa.StringArray:
        return pc.utf8_slice_codeunits(number, start, stop)

    french = join("0", part(0, 1), " ", part(1, 3), " ", part(3, 5), " ", part(5, 7), " ", part(7))
    american = join("(", part(0, 3), ") ", part(3, 6), "-", part(6))
    other = join("0", part(0, 4), " ", part(4))
    code = people.country_code().take(pa.array(who)).to_numpy(zero_copy_only=False)
    styled = either(code == "FR", french, either(code == "US", american, other))
    return only(people.has_phone[who], styled)
