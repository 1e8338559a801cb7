"""The walls and the stair of Babylon between its elephants."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    teal, sand, stone, clay, umber, gold = "#15545c", "#f0d49a", "#d9a65c", "#b0653a", "#5c2b22", "#f6c350"
    s.flood(teal)
    s.burst(500, 700, 0, 1700, 34, 0.5, "#1c626a")
    s.circle(500, 640, 300, gold)
    s.circle(500, 640, 256, sand)
    # The walls of Babylon, tier on tier.
    tiers = ((1010, 700, 150, 700), (860, 590, 150, 700), (720, 480, 140, 0), (590, 360, 130, 0), (480, 240, 110, 0))
    for y, half, h, beyond in reversed(tiers):
        s.rect(500 - half - beyond, y, half + beyond, h + 20, stone)
        s.rect(500, y, half + beyond, h + 20, clay)
        s.rect(500 - half - beyond, y, 2 * (half + beyond), 14, umber)
        count = int(half / 44)
        for k in range(-count, count):
            x = 500 + k * 44 + 8
            s.path(
                f"M{x} {y + h} L{x} {y + 66} A14 14 0 0 1 {x + 28} {y + 66} L{x + 28} {y + h} Z",
                umber if k % 2 else "#7d4028",
            )
            s.poly(((x - 4, y), (x + 6, y - 18), (x + 22, y - 18), (x + 32, y)), umber)
    s.path("M420 480 L420 400 A80 80 0 0 1 580 400 L580 480 Z", umber)
    s.path("M440 480 L440 404 A60 60 0 0 1 560 404 L560 480 Z", gold)
    # The great stair.
    for k in range(16):
        t = k / 16
        reach, y = 90 + 260 * t + 60 * t * t, 900 + 40 * k
        s.rect(500 - reach, y, reach * 2, 41, sand if k % 2 else "#e2bd7c")
        s.rect(500 - reach, y + 32, reach * 2, 9, stone)
    for index, (x, y) in enumerate(
        (
            (470, 1010),
            (520, 1060),
            (440, 1120),
            (560, 1150),
            (500, 1200),
            (420, 1230),
            (590, 1250),
            (486, 960),
            (516, 960),
        )
    ):
        s.rect(x - 5, y - 34, 10, 34, umber)
        s.circle(x, y - 40, 6, umber)
        if index % 3 == 0:
            s.strokes(((x + 12, y), (x + 12, y - 62)), umber, 3)
    # Elephants on columns, left and right.
    for side in (-1, 1):
        for far in (0, 1):
            x = 500 + side * (350 + far * 420)
            top = 700 - far * 40
            s.rect(x - 78, top, 78, 1000, sand)
            s.rect(x, top, 78, 1000, clay)
            for k in range(5):
                s.rect(x - 70 + k * 32, top + 60, 6, 900, umber, 0.45)
            s.rect(x - 104, top - 12, 208, 34, umber)
            s.rect(x - 94, top + 22, 188, 22, gold)
            for k in range(6):
                s.circle(x - 78 + k * 31, top + 33, 7, umber)
            _elephant(s, x, top - 12, side)
    s.rect(-600, 1310, 2200, 400, s.shade("in", ((0, umber, 0), (0.5, umber, 0.9), (1, "#3a1813", 1))))


def _elephant(s: Sheet, x: float, y: float, side: int) -> None:
    with s.placed(f"translate({x} {y}) scale({-side} 1)"):
        ivory, shade, ink = "#f7e8c8", "#cfa770", "#5c2b22"
        s.path(
            "M-70 0 C-84 -70 -80 -150 -30 -176 C10 -192 60 -170 66 -110 L70 0 L30 0 L24 -54 L-20 -54 L-26 0 Z", ivory
        )
        s.path("M24 -54 L-20 -54 L-26 0 L-70 0 C-76 -30 -78 -60 -72 -90 C-50 -60 0 -70 24 -54 Z", shade)
        s.circle(40, -172, 52, ivory)
        s.path("M66 -210 C110 -230 120 -290 104 -330 C100 -350 74 -350 78 -328 C90 -290 70 -250 44 -220 Z", ivory)
        s.path("M20 -206 C-30 -220 -44 -150 0 -120 C26 -120 40 -170 20 -206 Z", shade)
        s.circle(62, -184, 6, ink)
        s.path("M70 -150 Q112 -150 118 -190 Q104 -168 76 -172 Z", "#ffffff")


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.25, light=0.06, gap=0.1),
        ink="#f6c350",
        lines={"en": (("INTOLERANCE", 150),)},
        foot="LOVE'S STRUGGLE THROUGH THE AGES · 1916",
        foot_ink="#f0d49a",
        logo_ink="#f6c350",
        top=60,
        left=60,
        measure=880,
    ),
    window=(-300, 420, 1600),
    tones=("#3a1410", "#f8e3b0"),
)
