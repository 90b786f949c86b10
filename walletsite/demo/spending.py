"""What the people of Nordwind spend money on, and how much of it. Amounts are in cents."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is booked.

    Attributes:
        prices: lowest and highest, in cents.
        hours: first and last hour of the day at which it is booked.
        often: how often, compared with the others of its list.
        is_refundable: whether it is sometimes cancelled.
    """

    category: str
    description: str
    prices: tuple[int, int]
    hours: tuple[int, int]
    often: int = 1
    is_refundable: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is to book. `trip` happens as a whole, in one of the `cities`."""

    everyday: tuple[Item, ...]
    trip: tuple[Item, ...]
    cities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """How a wallet is used.

    Attributes:
        top_up: cents; what the company fills the wallet up to, or adds when it `is_saving`.
        every_months: months between two top-ups.
        everyday, trips: fewest and most in a month.
    """

    top_up: int
    top_up_description: str
    catalogue: Catalogue
    everyday: tuple[int, int]
    trips: tuple[int, int]
    every_months: int = 1
    is_saving: bool = False


EUROPE = Catalogue(
    everyday=(
        Item("MEAL", "Lunch with the team", (9_80, 24_50), (12, 13), often=12),
        Item("MEAL", "Lunch with a customer", (18_40, 46_00), (12, 14), often=4),
        Item("MEAL", "Coffee and cake", (4_20, 12_90), (15, 16), often=5),
        Item("TRANSIT", "Day ticket, public transport", (8_80, 10_60), (7, 9), often=8),
        Item("TAXI", "Taxi to the station", (12_60, 34_80), (6, 20), often=5),
        Item("OFFICE", "Office supplies", (5_90, 39_90), (9, 17), often=4),
        Item("TRAINING", "Technical book", (24_90, 54_90), (9, 21), often=2),
        Item("TRAINING", "Conference fee", (89_00, 190_00), (9, 17), is_refundable=True),
    ),
    trip=(
        Item("TRAIN", "Train Berlin–{city} and back", (58_00, 168_00), (8, 18), is_refundable=True),
        Item("HOTEL", "Hotel in {city}, one night", (84_00, 149_00), (8, 18), is_refundable=True),
        Item("TAXI", "Taxi in {city}", (11_20, 38_60), (8, 22)),
    ),
    cities=("Hamburg", "Munich", "Cologne", "Leipzig", "Vienna", "Warsaw", "Copenhagen", "Amsterdam"),
)
AMERICA = Catalogue(
    everyday=(
        Item("MEAL", "Lunch on the road", (14_00, 38_00), (12, 14)),
        Item("SOFTWARE", "Software subscription", (19_00, 49_00), (9, 17)),
    ),
    trip=(
        Item("FLIGHT", "Flight to {city}", (420_00, 780_00), (8, 18), is_refundable=True),
        Item("HOTEL", "Hotel in {city}, two nights", (290_00, 520_00), (8, 18), is_refundable=True),
        Item("TAXI", "Ride in {city}", (16_00, 58_00), (8, 22)),
    ),
    cities=("Boston", "Chicago", "San Francisco"),
)

_ALLOWANCE = "Monthly allowance"
TRAVELLER = Habit(1_500_00, _ALLOWANCE, EUROPE, everyday=(6, 10), trips=(2, 3))
LEAD = Habit(1_200_00, _ALLOWANCE, EUROPE, everyday=(6, 10), trips=(1, 2))
DESK = Habit(600_00, _ALLOWANCE, EUROPE, everyday=(5, 9), trips=(0, 1))
STAFF = Habit(400_00, _ALLOWANCE, EUROPE, everyday=(3, 6), trips=(0, 1))
ABROAD = Habit(2_400_00, "Travel money for the quarter", AMERICA, everyday=(0, 2), trips=(0, 1), every_months=3)
SAVER = Habit(250_00, "Bonus of the quarter", AMERICA, everyday=(0, 0), trips=(0, 0), every_months=3, is_saving=True)

COLLEAGUES_SHARE = ("Share of the lunch", "Shared taxi", "Present for the anniversary", "Train tickets, my half")
UNAFFORDABLE = (
    ("Conference fee for the whole team", 6_800_00),
    ("Hotel for the summer party", 9_450_00),
    ("Laptop", 2_899_00),
    ("Flights for five", 4_120_00),
    ("Trade fair stand", 12_500_00),
)
"""More than any wallet ever holds: the payments that were refused."""
