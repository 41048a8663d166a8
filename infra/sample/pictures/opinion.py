"""Lead pictures of the section Opinion. Each function has the name of its article's slug."""

from __future__ import annotations

import math

from infra.sample.press import BRICK, INK, OCHRE, PAPER, TEAL, WIDTH, Contour, Sheet, box, disc, line


def in_praise_of_the_slow_lift(page: Sheet) -> None:
    for floor in range(6):
        y = 60 + floor * 160
        page.print(INK, box(0, y, 610, 12), box(990, y, 610, 12))
    page.print(TEAL, box(610, 0, 380, 900))
    page.print(
        INK,
        box(610, 0, 14, 900),
        box(976, 0, 14, 900),
        *line([(760, 0), (760, 360)], 7),
        *line([(840, 0), (840, 360)], 7),
        *line([(934, 0), (934, 620)], 6),
    )
    page.print(INK, box(908, 600, 52, 150))
    page.print(BRICK, box(652, 340, 240, 270))
    page.print(PAPER, box(676, 372, 92, 214), box(776, 372, 92, 214))
    page.print(
        INK,
        *line([(722, 470), (722, 574)], 46),
        disc(722, 414, 26),
        *line([(818, 500), (818, 574)], 42),
        disc(818, 452, 23),
    )
    for x, floor, lit in [
        (90, 0, 0),
        (240, 0, 1),
        (420, 1, 0),
        (90, 2, 0),
        (240, 2, 0),
        (420, 3, 1),
        (90, 4, 1),
        (240, 4, 0),
        (1090, 0, 0),
        (1250, 1, 1),
        (1420, 1, 0),
        (1090, 2, 0),
        (1420, 3, 0),
        (1250, 3, 1),
    ]:
        page.print(OCHRE if lit else INK, box(x, 110 + floor * 160, 74, 110))
    page.print(
        INK,
        *(
            shape
            for step in range(9)
            for shape in line(
                [
                    (1070 + step * 56, 860 - step * 17.7),
                    (1126 + step * 56, 860 - step * 17.7),
                    (1126 + step * 56, 842 - step * 17.7),
                ],
                9,
            )
        ),
    )


def do_not_sell_the_gasworks(page: Sheet) -> None:
    page.print(TEAL, disc(800, 900, 760, 300, 180, 360))
    page.print(BRICK, box(440, 430, 720, 370), disc(800, 430, 360, 74), disc(800, 800, 360, 74))
    for row in (520, 610, 700):
        arc = disc(800, row, 360, 74, 0, 180)
        page.print(INK, *line(arc, 5))
    for level, width in ((150, 14), (330, 10), (520, 10)):
        ring = disc(800, level, 420, 84)
        page.print(INK, *line([*ring, ring[0]], width))
    angles = [math.radians(angle) for angle in range(0, 360, 30)]
    posts = [(800 + 420 * math.cos(angle), 84 * math.sin(angle)) for angle in angles]
    for x, depth in posts:
        page.print(INK, box(x - (9 if depth >= 0 else 5), 150 + depth, 18 if depth >= 0 else 10, 670))
    for (x0, d0), (x1, d1) in zip(posts, posts[1:] + posts[:1], strict=True):
        if d0 >= 0 and d1 >= 0:
            for top, bottom in ((150, 330), (330, 520)):
                page.print(
                    INK, *line([(x0, top + d0), (x1, bottom + d1)], 4), *line([(x1, top + d1), (x0, bottom + d0)], 4)
                )
    page.print(INK, box(0, 868, WIDTH, 32))
    page.print(OCHRE, disc(1410, 170, 74))


def what_we_owe_you_when_a_machine_writes(page: Sheet) -> None:
    def leaf(x: float, y: float, slant: float) -> Contour:
        return [(x, y), (x + 560, y + slant), (x + 560 - slant, y + 720 + slant), (x - slant, y + 720)]

    page.print(TEAL, leaf(330, 90, 40), over=True)
    page.print(OCHRE, leaf(760, 130, -50), over=True)
    for row in range(10):
        y = 190 + row * 56
        page.print(INK, *line([(395 - row * 3.2, y), (690 - row * 3 + (row * 53 % 3) * 50, y + 22)], 11))
    for row in range(9):
        y = 216 + row * 60
        left, right = 960 + row * 4.5, 1236 - (row * 37 % 4) * 36 + row * 4
        points = [
            (x, y - 0.09 * (x - left) + 11 * math.sin((x + row * 60) / 13) + 5 * math.sin(x / 31))
            for x in range(int(left), int(right), 5)
        ]
        page.print(INK, *line(points, 8))
    loop = [(540 + 330 * t, 470 - 30 * t) for t in [n / 20 for n in range(21)]]
    tail = [(885 + 62 * math.cos(a), 386 + 56 * math.sin(a)) for a in [math.radians(100 - 20 * n) for n in range(20)]]
    page.print(BRICK, *line([*loop, *tail], 16))
