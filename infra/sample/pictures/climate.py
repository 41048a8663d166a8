"""Lead pictures of the section Climate. Each function has the name of its article's slug."""

from __future__ import annotations

from infra.sample.press import BRICK, INK, OCHRE, PAPER, TEAL, WIDTH, Sheet, box, digits, disc, line, wave_line


def the_heat_on_viaduct_street(page: Sheet) -> None:
    page.print(OCHRE, disc(1080, 330, 470), over=True)
    page.print(BRICK, disc(1080, 330, 300))
    for x, width, top in [(-10, 250, 330), (240, 190, 250), (430, 230, 380), (660, 160, 300), (1330, 280, 280)]:
        page.print(INK, box(x, top, width, 790 - top))
        columns = int(width // 62)
        inset = (width - columns * 62 + 30) / 2
        page.print(
            PAPER,
            *(
                box(x + inset + c * 62, top + 44 + r * 92, 32, 52)
                for c in range(columns)
                for r in range(4)
                if (c * 3 + r * 5 + x) % 7
            ),
        )
        page.print(
            OCHRE,
            *(
                box(x + inset + c * 62, top + 44 + r * 92, 32, 22)
                for c in range(columns)
                for r in range(4)
                if (c * 3 + r * 5 + x) % 7 == 0
            ),
        )
    page.print(OCHRE, box(0, 770, WIDTH, 130))
    page.print(INK, *(disc(x - 60, 836, 86, 15) for x in (880, 1000, 1120, 1240)))
    for x in (880, 1000, 1120, 1240):
        page.print(INK, *line([(x, 836), (x, 640)], 12))
        page.print(TEAL, disc(x, 610, 52, 66))
    page.print(
        PAPER,
        *line([(0, 868), (560, 868)], 6),
        *line([(620, 868), (700, 868)], 6),
        *line([(1390, 868), (1600, 868)], 6),
    )


def where_the_river_will_be(page: Sheet) -> None:
    page.print(OCHRE, disc(1290, 190, 105))
    for number, (x, width, top, roof) in enumerate(
        [
            (250, 180, 430, 90),
            (430, 150, 470, 70),
            (580, 210, 400, 110),
            (790, 160, 450, 80),
            (950, 190, 420, 100),
            (1140, 150, 480, 70),
            (1290, 200, 440, 90),
        ]
    ):
        page.print(
            INK if number % 2 == 0 else BRICK,
            [(x, 900), (x, top), (x + width / 2, top - roof), (x + width, top), (x + width, 900)],
        )
        page.print(PAPER, *(box(x + width / 2 + dx, top + dy, 34, 50) for dx in (-52, 18) for dy in (36, 140, 244)))
    for number, y in enumerate((560, 660, 770)):
        surface = wave_line(0, 1600, y, 9, 330, number * 0.37)
        page.print(TEAL, [*surface, (1600, 900), (0, 900)], over=True)
    page.print(PAPER, box(96, 150, 92, 700))
    page.print(INK, *(box(96, 150 + step * 50, 46 if step % 2 else 92, 25) for step in range(14)))
    page.print(BRICK, [(196, 548), (262, 518), (262, 578)])


def how_to_read_a_river_gauge(page: Sheet) -> None:
    page.print(OCHRE, box(560, 0, 480, 900))
    page.print(PAPER, box(600, 0, 400, 900))
    for metre in range(3):
        top = 70 + metre * 300
        for tenth in range(5):
            y = top + tenth * 60
            page.print(
                BRICK if metre == 1 else INK,
                box(600, y, 200 if tenth % 5 == 0 else 130, 30),
                box(600, y, 40, 60 if tenth % 2 == 0 else 30),
            )
        page.print(BRICK if metre == 1 else INK, *digits(str(4 - metre), 870, top, 110, 20))
    water = wave_line(0, 1600, 520, 10, 400)
    page.print(TEAL, [*water, (1600, 900), (0, 900)], over=True)
    for x0, x1, y in [
        (80, 420, 650),
        (250, 520, 735),
        (1080, 1330, 640),
        (1180, 1520, 745),
        (60, 260, 820),
        (1090, 1260, 840),
    ]:
        page.print(PAPER, *line([(x0, y), (x1, y)], 6))
    page.print(INK, [(1250, 502), (1222, 440), (1278, 440)], *digits("2.5", 1190, 330, 84, 13))
