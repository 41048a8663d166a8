"""Lead pictures of the section Economy. Each function has the name of its article's slug."""

from __future__ import annotations

import math

from infra.sample.press import BRICK, INK, OCHRE, PAPER, TEAL, Colour, Sheet, box, disc, hole, line


def a_city_that_pays_twice_for_its_water(page: Sheet) -> None:
    page.print(TEAL, disc(640, 830, 480, 56))
    page.print(INK, box(0, 200, 560, 130), box(720, 200, 880, 130), box(520, 170, 44, 190), box(716, 170, 44, 190))
    page.print(BRICK, box(560, 196, 160, 138))
    page.print(PAPER, box(0, 224, 510, 14), box(776, 224, 824, 14))
    page.print(INK, *(disc(x, y, 9) for x in (542, 738) for y in (192, 265, 338)))
    page.print(INK, *line([(648, 198), (634, 250), (652, 270), (630, 332)], 9))
    for x, y, size in [(640, 400, 20), (622, 505, 30), (656, 640, 42)]:
        page.print(
            TEAL,
            disc(x, y, size),
            [(x, y - size * 2.3), (x + size * 0.93, y - size * 0.36), (x - size * 0.93, y - size * 0.36)],
        )
    for x, y, rx, ry in [(640, 826, 300, 30), (640, 824, 130, 12)]:
        page.print(PAPER, disc(x, y, rx, ry), hole(disc(x, y, rx - 10, ry - 5)))
    page.print(INK, *line([(1180, 330), (1180, 352)], 14))
    for x, y, size, thick in [(1182, 410, 30, 9), (1170, 540, 40, 14), (1192, 690, 52, 22)]:
        page.print(INK, disc(x + thick * 0.5, y + thick * 0.5, size), disc(x, y, size))
        page.print(OCHRE, disc(x, y, size - 5))
        page.print(INK, *line(disc(x, y, size * 0.62), 4))
    for number in range(4):
        page.print(INK, disc(1200 + number % 2 * 14, 846 - number * 24, 118, 26))
        page.print(OCHRE, disc(1200 + number % 2 * 14, 840 - number * 24, 114, 22))


def the_last_rope_maker(page: Sheet) -> None:
    def strand(along: float, ink: Colour) -> None:
        edge = [
            (along + 150 * t + 40 * math.sin(t * math.pi), 130 * math.cos(t * math.pi))
            for t in [n / 24 for n in range(25)]
        ]
        shape = edge + [(x + 78, y) for x, y in reversed(edge)]
        turned = [(x * 0.94 - y * 0.34 - 60, x * 0.34 + y * 0.94 + 170) for x, y in shape]
        page.print(ink, turned)

    page.print(OCHRE, disc(1210, 250, 190))
    for number in range(-3, 13):
        strand(number * 100.0, INK if number % 3 else BRICK)
    for fray in range(9):
        bend = (fray - 4) * 30
        points = [
            (1240 + 44 * t + bend * 0.1, 640 + bend * (0.45 + t * t / 26) + 15 * t + 10 * math.sin(t + fray))
            for t in [n / 2 for n in range(13)]
        ]
        page.print(BRICK if fray % 3 == 1 else INK, *line(points, 15))
    page.print(PAPER, *line([(1272, 480), (1190, 760)], 30))
    page.print(TEAL, *line([(1272, 480), (1190, 760)], 15))
    for row in range(5):
        page.print(TEAL, *line([(60, 640 + row * 52), (330 + row * 70, 640 + row * 52)], 9))


def rent_by_the_metre(page: Sheet) -> None:
    walls = [
        [(330, 190), (1270, 190), (1270, 740), (960, 740)],
        [(820, 740), (330, 740), (330, 190)],
        [(760, 190), (760, 400)],
        [(760, 520), (760, 740)],
        [(760, 470), (980, 470)],
        [(1110, 470), (1270, 470)],
    ]
    page.print(TEAL, box(330, 190, 430, 550))
    page.print(OCHRE, box(760, 470, 510, 270))
    page.print(INK, *(shape for wall in walls for shape in line(wall, 24)))
    page.print(
        INK,
        *line([(960, 740), (960, 615)], 7),
        *line(disc(960, 740, 128, 128, 180, 270), 5),
        *line([(760, 400), (652, 400)], 7),
        *line(disc(760, 400, 112, 112, 90, 180), 5),
    )
    page.print(PAPER, box(400, 250, 190, 250), box(400, 560, 120, 110), box(1090, 560, 110, 110))
    page.print(
        INK,
        *line([*box(400, 250, 190, 250), (400, 250)], 6),
        *line([(400, 320), (590, 320)], 6),
        *line([*box(1090, 560, 110, 110), (1090, 560)], 6),
        *line([*box(400, 560, 120, 110), (400, 560)], 6),
    )
    page.print(BRICK, box(200, 800, 1400, 58), disc(170, 800, 76))
    page.print(
        PAPER, disc(170, 800, 30), *(box(268 + step * 47, 800, 6, 36 if step % 5 == 0 else 20) for step in range(29))
    )
    page.print(
        BRICK,
        *line([(330, 110), (1270, 110)], 8),
        *line([(330, 84), (330, 136)], 8),
        *line([(1270, 84), (1270, 136)], 8),
    )
