"""The sample paper's charts. They stand behind gates, so that there are pictures which only a tier may fetch."""

from __future__ import annotations

from infra.sample.press import BRICK, INK, PAPER, TEAL, Sheet, box, digits


def the_bowl_of_the_night(page: Sheet) -> None:
    page.print(INK, box(150, 720, 1300, 8))
    for number, (count, ink) in enumerate(zip((318, 214, 121, 159, 352), (TEAL, TEAL, TEAL, TEAL, BRICK), strict=True)):
        x, tall = 190 + number * 250, count * 1.6
        page.print(ink, box(x, 720 - tall, 200, tall))
        page.print(INK, *digits(str(count), x + 42, 720 - tall - 72, 48, 7))
        page.print(INK, *digits(str(number), x - 20 - 14, 836, 34, 5))
    page.print(INK, *digits("5", 190 + 5 * 250 - 34, 836, 34, 5))
    for departure in range(10):
        page.print(INK, box(177 + (departure * 0.5 + 0.5) * 250 - 16, 756, 10, 44))


def rent_by_district(page: Sheet) -> None:
    page.print(INK, box(300, 110, 8, 690))
    for number, (share, ink) in enumerate(
        zip((41, 36, 33, 29, 24, 21), (BRICK, BRICK, TEAL, TEAL, TEAL, TEAL), strict=True)
    ):
        y = 130 + number * 112
        page.print(ink, box(308, y, share * 24, 76))
        page.print(PAPER, *digits(str(share), 336, y + 13, 50, 8))
        page.print(INK, *digits(str(number + 1), 214, y + 12, 52, 8))
    page.print(INK, *(box(308 + 33.3 * 24, y, 6, 20) for y in range(100, 810, 40)))
