"""A doorman's coat and cap with nobody in them."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet

_OCTAGON = ((0, -1), (0.71, -0.71), (1, 0), (0.71, 0.71), (0, 1), (-0.71, 0.71), (-1, 0), (-0.71, -0.71))


def _draw(s: Sheet) -> None:
    navy, wine, crimson, gold, bone = "#121a2e", "#3b0f1e", "#7c1a2b", "#dba53c", "#f0e2c2"
    s.flood(navy)
    # The revolving door: panes of light that turn about the coat.
    for k, fill in enumerate(("#1d2b47", "#2a3d5e", "#1d2b47", "#34507a")):
        s.poly(((500, 500), (-600 + k * 550, 1700), (-50 + k * 550, 1700)), fill)
        s.poly(((500, 620), (-600 + k * 550, -100), (-50 + k * 550, -100)), fill if k % 2 else "#16213a")
    s.ring(500, 640, 330, gold, 6, 0.7)
    s.ring(500, 640, 350, gold, 2, 0.7)
    s.circle(500, 640, 300, bone, 0.95)
    s.path(
        "M500 700 C300 700 120 770 60 960 C20 1120 -20 1500 -20 1700 L1020 1700 C1020 1500 980 1120 "
        "940 960 C880 770 700 700 500 700 Z",
        wine,
    )
    s.path("M500 716 C310 720 150 780 84 970 C50 1110 20 1400 14 1700 L500 1700 Z", crimson)
    s.path("M384 716 L500 900 L616 716 L640 790 L500 1010 L360 790 Z", navy)
    s.line("M374 752 L500 960 L626 752", gold, 9)
    # The cap sits above an empty collar: without the coat there is nobody.
    s.path("M330 600 C320 520 390 470 500 466 C610 470 680 520 670 600 Q500 640 330 600 Z", navy)
    s.path("M344 588 Q500 624 656 588 L662 640 Q500 680 338 640 Z", crimson)
    s.line("M342 600 Q500 636 658 600", gold, 8)
    s.path("M330 640 Q500 690 670 640 Q690 690 640 704 Q500 728 360 704 Q310 690 330 640 Z", "#0a0e1a")
    s.circle(500, 546, 30, gold)
    s.poly(
        [(500 + (20 if k % 2 else 9) * c, 546 + (20 if k % 2 else 9) * d) for k, (c, d) in enumerate(_OCTAGON)], wine
    )
    for side in (-1, 1):
        for row in range(5):
            x, y = 500 + side * (150 - row * 4), 1010 + row * 108
            s.circle(x + 3, y + 5, 33, "#1a0710")
            s.circle(x, y, 31, gold)
            s.circle(x - 6, y - 6, 19, "#f3d27f")
        s.path(
            f"M{500 + side * 250} 760 C{500 + side * 340} 770 {500 + side * 430} 830 {500 + side * 452} "
            f"910 L{500 + side * 330} 880 Z",
            gold,
        )
        for k in range(9):
            x = 500 + side * (330 + k * 15)
            s.rect(x - 5, 884 + k * 3.6, 9, 84, gold)
    s.line("M500 1010 L500 1700", "#1a0710", 6)
    s.rect(-600, 1320, 2200, 300, s.shade("ll", ((0, wine, 0), (1, "#12060c", 0.85))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.1, light=0.1, gap=0.16, cap="round"),
        ink="#f0e2c2",
        lines={"en": (("THE LAST", 74), ("LAUGH", 130)), "de": (("DER LETZTE", 74), ("MANN", 130))},
        logo_ink="#e6bd62",
        top=60,
    ),
    window=(-300, 440, 1600),
    tones=("#101a33", "#f0dcae"),
)
