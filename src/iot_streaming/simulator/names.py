"""Short lists that make a database read like one: places, people, products."""

from typing import NamedTuple

__all__ = ["CITIES", "COMPANIES", "COMPANY_KINDS", "PRODUCTS", "SEGMENTS", "SITES", "STREETS"]


class City(NamedTuple):
    """A place, ISO 3166 country, degrees, IANA time zone, international dialling code."""

    name: str
    country: str
    latitude: float
    longitude: float
    timezone: str
    dialling: str


CITIES = (
    City("Berlin", "DE", 52.520, 13.405, "Europe/Berlin", "+49"),
    City("Hamburg", "DE", 53.551, 9.994, "Europe/Berlin", "+49"),
    City("Rotterdam", "NL", 51.924, 4.478, "Europe/Amsterdam", "+31"),
    City("Lyon", "FR", 45.764, 4.836, "Europe/Paris", "+33"),
    City("Zürich", "CH", 47.377, 8.541, "Europe/Zurich", "+41"),
    City("Malmö", "SE", 55.605, 13.004, "Europe/Stockholm", "+46"),
    City("Manchester", "GB", 53.483, -2.244, "Europe/London", "+44"),
    City("Chicago", "US", 41.878, -87.630, "America/Chicago", "+1"),
    City("Denver", "US", 39.739, -104.990, "America/Denver", "+1"),
    City("Toronto", "CA", 43.653, -79.383, "America/Toronto", "+1"),
    City("São Paulo", "BR", -23.551, -46.633, "America/Sao_Paulo", "+55"),
    City("Bengaluru", "IN", 12.972, 77.595, "Asia/Kolkata", "+91"),
    City("Osaka", "JP", 34.694, 135.502, "Asia/Tokyo", "+81"),
    City("Singapore", "SG", 1.352, 103.820, "Asia/Singapore", "+65"),
    City("Melbourne", "AU", -37.814, 144.963, "Australia/Melbourne", "+61"),
)

COMPANIES = (
    "Aldermoor",
    "Brightwater",
    "Cobalt",
    "Dunmore",
    "Eastvale",
    "Falkner",
    "Granit",
    "Harrow",
    "Isar",
    "Juniper",
    "Kestrel",
    "Lindqvist",
    "Merrow",
    "Northgate",
    "O'Hara",
    "Pascal",
    "Quarry",
    "Rheinland",
    "Sørensen",
    "Tanaka",
    "Umber",
    "Vega",
    "Westerly",
    "Yarrow",
    "Zephyr",
)
COMPANY_KINDS = ("Foods", "Logistics", "Pharma", "Works", "Estates", "Retail", "Labs", "Dairy")
SEGMENTS = ("ENTERPRISE", "SMB", "CONSUMER")
SITES = ("Warehouse", "Plant", "Office", "Store", "Depot", "Laboratory")
STREETS = (
    "Harbour Road",
    "Mill Lane",
    "Station Street",
    "Industriestraße",
    "Rue du Port",
    "5th Ave",
)

# name, category, list price, and the device type it is sold as (None: an accessory)
PRODUCTS = (
    ("Climate Sense 2", "sensor", "89.00", "climate"),
    ("ColdWatch Pro", "sensor", "149.50", "cold_chain"),
    ("VibraGuard X", "sensor", "429.00", "industrial"),
    ("RoomCount", "sensor", "119.00", "occupancy"),
    ("Edge Gateway S", "gateway", "349.00", None),
    ("Edge Gateway L", "gateway", "899.00", None),
    ("Battery Pack (10)", "accessory", "45.90", None),
    ("Mounting Kit", "accessory", "12.50", None),
    ("Calibration Service", "service", "220.00", None),
)
