"""`identity:` of relance.yml: what makes identifiers one person, and how much may hang on one of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dagster_project.config_file import Part
from dagster_project.setting_types import IdentifierType, RuleColumn

ACCOUNTS = ("user_id", "customer_id", "contact_id", "lead_id")
DEVICES = ("anonymous_id", "advertising_id", "ga_client_id", "fbp")

USUAL_PAIRS = {
    # A login that a site gives to whoever has none, or an id written where there is none (555), stands on everybody's device.
    **{(name, device): 2000 for name in ("user_id", "email", "phone") for device in DEVICES},
    **{("anonymous_id", device): 200 for device in DEVICES},
    **{(device, "anonymous_id"): 200 for device in DEVICES},
    ("anonymous_id", "user_id"): 20,
    ("anonymous_id", "email"): 20,
    ("anonymous_id", "phone"): 20,
    ("loyalty_card", "contact_id"): 10,
    ("loyalty_card", "customer_id"): 10,
    # An order seen on many devices is no order's number (`undefined`); one click is made on one device.
    ("order_id", "anonymous_id"): 5,
    ("order_id", "email"): 5,
    ("order_id", "phone"): 5,
    ("click_id", "anonymous_id"): 1,
    ("click_id", "lead_id"): 3,
    ("click_id", "order_id"): 10,
}


class IdentityLimits(Part):
    """How many others may hang on one identifier before it is junk and joins nobody: accounts of one kind on an e-mail or a
    phone, e-mails or phones on an account (`guest`, `0`, a till), and by `pairs` anything on anything."""

    email: int = Field(default=25, ge=1)
    phone: int = Field(default=10, ge=1)
    account: int = Field(default=10, ge=1)
    exact: int = Field(default=10, ge=1)
    """Contacts that agree on all columns of an exact rule."""
    pairs: dict[IdentifierType, dict[IdentifierType, Annotated[int, Field(ge=1)]]] = {}
    """Type → type of those that hang on it → how many may; beside or in place of the above and of USUAL_PAIRS."""

    def by_pair(self) -> list[tuple[str, str, int]]:
        """(type, type of those that hang on it, how many may), one row per pair that has a limit."""
        limits = {
            **{(address, account): self.email for address in ("email", "hashed_email") for account in ACCOUNTS},
            **{("phone", account): self.phone for account in ACCOUNTS},
            ("email", "phone"): self.email,
            ("phone", "email"): self.phone,
            **{(account, address): self.account for account in ACCOUNTS for address in ("email", "phone")},
            **USUAL_PAIRS,
            **{(one, other): most for one, others in self.pairs.items() for other, most in others.items()},
        }
        return [(one, other, most) for (one, other), most in sorted(limits.items())]


class Probabilistic(Part):
    """Contacts that are one person in all probability, by names, birth date and address (pip install 'relance[match]')."""

    enabled: bool = False
    link_above: float = Field(default=0.95, gt=0, le=1)
    """From this probability on, two contacts are one person."""
    review_above: float = Field(default=0.5, gt=0, le=1)
    """From this one on, they are listed in identity.probable_pairs for a person to review."""

    @model_validator(mode="after")
    def _review_comes_first(self) -> Probabilistic:
        if self.review_above > self.link_above:
            raise ValueError("`review_above` should not be greater than `link_above`: what is linked would not be listed")
        return self


class Identity(Part):
    limits: IdentityLimits = IdentityLimits()
    exact_rules: list[Annotated[list[RuleColumn], Field(min_length=1)]] = []
    """Columns of contacts, further ones included: contacts that agree on all columns of one rule are one person."""
    probabilistic: Probabilistic = Probabilistic()
    user_id_is: list[Literal["customer_id", "contact_id", "lead_id", "email"]] = []
    """What the site's user ids also are: equal identifiers among these and the user ids are the same person."""
