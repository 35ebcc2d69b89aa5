"""Names, places, numbers and browsers of the demo's people. Nothing in it belongs to anybody.

E-mail domains are reserved for documentation (RFC 2606), IP addresses too (RFC 5737, RFC 3849). Telephone numbers come first
from ranges that regulators keep for fiction (France: ARCEP 2018-0881; United Kingdom: Ofcom; Germany: Bundesnetzagentur,
"Drama-Nummern"; United States: exchange 555) as far as `phonenumbers` accepts them, and go on in ordinary ranges only where a
large demo exhausts those.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """A country's code, its weight among customers, and what its people look like on paper."""

    code: str
    calling: str
    weight: float
    locale: str
    currency: str
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    cities: tuple[tuple[str, str, str], ...]
    """City, postal code, region."""
    streets: tuple[str, ...]
    phone_blocks: tuple[tuple[str, int], ...]
    """National prefix (no trunk zero) and how many digits follow it; used in this order."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COUNTRIES = (
    Country(
        "FR",
        "33",
        0.78,
        "fr-FR",
        "EUR",
        _words(
            "Marie Chloé Léa Camille Zoé Inès Françoise Hélène Aurélie Noémie "
            "Anaïs Manon Jeanne Lucie Éloïse Agnès Sophie Nadia Fatou Maëlle"
        ),
        _words(
            "Jean Lucas Théo Hugo Mathéo Rémi Jérôme François Noël Éric "
            "Loïc Karim Antoine Paul Gaël Benoît Cédric Victor Mamadou Raphaël"
        ),
        _words(
            "Martin Bernard Dubois Lefèvre Moreau Laurent Besançon Garcia Roux Fournier Girard Mercier Blanc Guérin "
            "Boyer Rousseau Lemaître "
            "Benali Diallo Nguyen Çelik Le-Goff D'Aubigné Péron Chevalier François Renard Picard Gauthier Sørensen"
        ),
        (
            ("Paris", "75011", "Île-de-France"),
            ("Paris", "75018", "Île-de-France"),
            ("Lyon", "69003", "Auvergne-Rhône-Alpes"),
            ("Marseille", "13006", "Provence-Alpes-Côte d'Azur"),
            ("Lille", "59000", "Hauts-de-France"),
            ("Nantes", "44000", "Pays de la Loire"),
            ("Bourg-en-Bresse", "01000", "Auvergne-Rhône-Alpes"),
            ("Besançon", "25000", "Bourgogne-Franche-Comté"),
            ("Strasbourg", "67000", "Grand Est"),
            ("Versailles", "78000", "Île-de-France"),
        ),
        ("rue de la République", "rue Victor-Hugo", "avenue de l'Europe", "chemin des Écoliers", "place du Marché"),
        (
            ("19900", 4),
            ("26191", 4),
            ("35301", 4),
            ("46571", 4),
            ("53649", 4),
            ("74", 7),
            ("75", 7),
            ("76", 7),
            ("77", 7),
            ("78", 7),
        ),
    ),
    Country(
        "DE",
        "49",
        0.08,
        "de-DE",
        "EUR",
        _words("Anna Jördis Käthe Lena Mia Sabine Ursula Grete"),
        _words("Jürgen Björn Lukas Max Günther Stefan Uwe Jörg"),
        _words("Müller Schmidt Weiß Schröder Jäger Köhler Groß Becker Yılmaz Krüger Böhm Vogel"),
        (
            ("Berlin", "10115", "Berlin"),
            ("München", "80331", "Bayern"),
            ("Köln", "50667", "Nordrhein-Westfalen"),
            ("Dresden", "01067", "Sachsen"),
        ),
        ("Hauptstraße", "Bahnhofstraße", "Goethestraße", "Am Mühlenbach"),
        (("3023125", 3), ("6990009", 3), ("4066969", 3), ("2214710", 3), ("8999998", 3), ("1515", 7)),
    ),
    Country(
        "GB",
        "44",
        0.08,
        "en-GB",
        "GBP",
        _words("Olivia Amelia Isla Ava Siân Zoë Priya Grace"),
        _words("Oliver George Harry Noah Jack Rhys Arjun Callum"),
        _words("Smith Jones O'Connor Taylor Brown Davies Evans Wilson Singh Patel Walker Wright"),
        (
            ("London", "SW1A 1AA", "England"),
            ("Manchester", "M1 1AE", "England"),
            ("Edinburgh", "EH1 1YZ", "Scotland"),
            ("Cardiff", "CF10 1EP", "Wales"),
        ),
        ("High Street", "Station Road", "Church Lane", "Victoria Road"),
        (
            ("2079460", 3),
            ("1134960", 3),
            ("1144960", 3),
            ("1164960", 3),
            ("1174960", 3),
            ("1184960", 3),
            ("1214960", 3),
            ("1314960", 3),
            ("1414960", 3),
            ("1514960", 3),
            ("1614960", 3),
            ("1914980", 3),
            ("7400", 6),
            ("7401", 6),
            ("7402", 6),
            ("7403", 6),
        ),
    ),
    Country(
        "US",
        "1",
        0.06,
        "en-US",
        "USD",
        _words("Emma Ava Sofia María Mia Renée Aaliyah Chloe"),
        _words("Liam Noah José James Elijah Mateo Jayden Ethan"),
        _words("Johnson Williams Garcia Nuñez Davis Rodriguez Lee Thompson O'Neill Clark King Hill"),
        (("New York", "10001", "NY"), ("Seattle", "98101", "WA"), ("Austin", "73301", "TX"), ("Boston", "02108", "MA")),
        ("Main Street", "Oak Avenue", "2nd Street", "Maple Drive"),
        (
            *((area + "555", 4) for area in _words("202 206 213 214 303 305 312 404 415 503 512 602 617 702 713 718")),
            ("2122", 6),
        ),
    ),
)

EMAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "courriel.example.org", "post.example.net")
STAFF_DOMAIN = "arabica.example.com"
"""Where the shop's own people have their addresses."""
DISPOSABLE_DOMAINS = ("yopmail.com", "mailinator.com", "guerrillamail.com")
"""Well-known throw-away mailboxes, for leads that no one should pay for."""
COMPANIES = ("Hôtel du Parc", "Bistro Vingt", "Bureau Clair", "Atelier Nord", "Kaffee am Eck", "Clinic & Co", "Agence Lumen")
JOBS = ("Owner", "Office manager", "Buyer", "Head of hospitality", "Assistant")
INCOME_BANDS = ("under 20k", "20k-40k", "40k-60k", "60k-100k", "over 100k")
OWNERS = ("a.bertrand", "l.meyer", "s.cohen")
SOURCES = ("web", "store", "supplier", "open day", "fair", "referral", "")
HEARD_VIA = ("", "", "", "search", "instagram", "a friend", "podcast", "press")

USER_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
    "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1",
)
BOT_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "python-requests/2.32.3",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/137.0.0.0 Safari/537.36",
)
