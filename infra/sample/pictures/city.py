"""Lead pictures of the section City. Each function has the name of its article's slug."""

from __future__ import annotations

from infra.sample.press import BRICK, HEIGHT, INK, OCHRE, PAPER, TEAL, WIDTH, Sheet, box, disc, line


def the_night_ferry_question(page: Sheet) -> None:
    page.print(INK, box(0, 0, WIDTH, HEIGHT))
    page.print(BRICK, disc(880, 330, 262))
    bank = [(0, 500), (0, 442), (90, 442), (90, 414), (150, 414), (150, 452), (240, 452), (290, 394), (340, 452)]
    page.print(
        TEAL,
        [*bank, (340, 470), (430, 470), (430, 500)],
        [(1250, 500), (1250, 462), (1330, 462), (1330, 430), (1600, 430), (1600, 500)],
    )
    page.print(
        OCHRE,
        *(
            box(x, y, 12, 16)
            for x, y in [
                (30, 462),
                (112, 440),
                (200, 470),
                (284, 438),
                (1300, 478),
                (1392, 456),
                (1470, 456),
                (1540, 470),
            ]
        ),
    )
    page.print(TEAL, box(0, 500, WIDTH, 400))
    for step, (left, width) in enumerate(
        [(640, 480), (560, 560), (690, 400), (760, 330), (650, 260), (820, 190), (800, 90)]
    ):
        page.print(BRICK, *line([(left, 596 + step * 42), (left + width, 596 + step * 42)], 16 - step))
    page.print(PAPER, [(600, 466), (1130, 466), (1098, 542), (1060, 560), (665, 560), (628, 542)])
    page.print(PAPER, box(672, 384, 360, 84), box(734, 338, 204, 48), box(894, 268, 38, 72))
    page.print(OCHRE, *(box(702 + 80 * step, 406, 56, 36) for step in (0, 1, 3)), box(872, 354, 46, 20))
    page.print(INK, box(862, 406, 56, 36), box(752, 354, 46, 20), box(812, 354, 46, 20), box(624, 490, 484, 14))
    page.print(INK, box(894, 282, 38, 20))
    page.print(
        PAPER,
        *line([(700, 617), (980, 617)], 8),
        *line([(740, 659), (900, 659)], 7),
        *line([(870, 701), (960, 701)], 6),
    )
    for x, y, width in [
        (90, 590, 210),
        (200, 660, 120),
        (60, 745, 330),
        (330, 820, 180),
        (1370, 600, 150),
        (1240, 690, 200),
        (1330, 800, 200),
    ]:
        page.print(INK, *line([(x, y), (x + width, y)], 6))


def what_the_tallow_quay_count_found(page: Sheet) -> None:
    page.print(OCHRE, [(1288, 130), (1010, 640), (1566, 640)])
    page.print(TEAL, box(0, 640, WIDTH, 260))
    for row, x0, x1 in [
        (700, 0, 520),
        (700, 680, 1100),
        (760, 220, 900),
        (760, 1180, 1600),
        (822, 60, 420),
        (822, 700, 1380),
    ]:
        page.print(PAPER, *line([(x0, row), (x1, row)], 6))
    page.print(
        INK,
        box(0, 628, WIDTH, 22),
        box(1218, 120, 14, 520),
        *line([(1225, 124), (1288, 124)], 14),
        disc(1288, 152, 52, 32, 180, 360),
    )
    for group in range(3):
        left = 120 + group * 350
        for number in range(4):
            x, tall = left + number * 62, 300 + (group * 3 + number * 5) % 4 * 16
            page.print(INK, *line([(x, 606), (x, 628 - tall + 70)], 40), disc(x, 628 - tall, 24))
    for group in range(2):
        left = 120 + group * 350
        page.print(BRICK, *line([(left - 56, 566), (left + 242, 366)], 20), over=False)
    page.print(INK, *line([(1440, 606), (1440, 390)], 40), disc(1440, 322, 24))


def the_harbour_boards_nine_chairs(page: Sheet) -> None:
    page.print(TEAL, box(0, 640, WIDTH, 260))
    for number in range(9):
        x = 96 + number * 164
        ink = BRICK if number == 7 else INK
        lean = 15 if number == 7 else 0
        legs = [line([(x + 6, 560), (x - 4 + lean, 742)], 13), line([(x + 90, 560), (x + 100 + lean, 742)], 13)]
        back = [line([(x + 4, 560), (x + 4 - lean, 290)], 13), line([(x + 92, 560), (x + 92 - lean, 290)], 13)]
        slats = [
            line([(x + 4 - lean * f, y), (x + 92 - lean * f, y)], w)
            for f, y, w in [(0.98, 300, 44), (0.7, 382, 12), (0.45, 446, 12)]
        ]
        page.print(
            ink,
            *(shape for part in [*legs, *back, *slats] for shape in part),
            [(x - 14, 548), (x + 110, 548), (x + 122, 582), (x - 26, 582)],
        )
        page.print(INK, disc(x + 48 + lean / 2, 748, 84, 12), over=True)
    page.print(INK, box(0, 196, WIDTH, 10), *line([(800, 0), (800, 120)], 8), disc(800, 150, 96, 60, 180, 360))
    page.print(OCHRE, disc(800, 152, 34, 30, 0, 180))
