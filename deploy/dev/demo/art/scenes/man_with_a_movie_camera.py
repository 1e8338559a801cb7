"""An eye in a lens."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import MIDDLE, Sheet, polar


def _draw(s: Sheet) -> None:
    cream, red, black, grey, blue = "#efe4cb", "#d4311f", "#16130f", "#8d8576", "#2f4d63"
    s.flood(cream)
    s.poly(((-600, 1700), (-600, 980), (1600, 250), (1600, 1700)), red)
    s.poly(((-600, 1700), (-600, 1500), (1600, 770), (1600, 1700)), black)
    s.burst(500, 800, 0, 1400, 24, 0.12, black, 0.1)
    # Film strip across, in perspective of a diagonal.
    with s.placed("rotate(-18.3 500 800)"):
        s.rect(-700, 1190, 2500, 150, cream)
        for k in range(46):
            s.rect(-690 + k * 54, 1202, 26, 20, black)
            s.rect(-690 + k * 54, 1308, 26, 20, black)
        for k in range(12):
            s.rect(-690 + k * 216, 1232, 196, 66, (blue, grey, red, black)[k % 4])
    # Tripod.
    for x0, x1 in ((430, 150), (500, 520), (570, 880)):
        s.poly(((x0 - 16, 1050), (x0 + 16, 1050), (x1 + 30, 1560), (x1 - 30, 1560)), black)
        s.poly(((x0 - 4, 1050), (x0 + 4, 1050), (x1 + 6, 1560), (x1 - 8, 1560)), grey)
    s.rect(150, 520, 700, 560, black)
    s.rect(166, 536, 668, 528, "#26211c")
    for x, r in ((300, 118), (660, 136)):
        s.circle(x, 470, r, black)
        s.ring(x, 470, r - 20, grey, 5)
        for k in range(3):
            s.circle(*polar(x, 470, r * 0.54, k * 120 + 20), r * 0.24, red if x < MIDDLE else cream)
        s.circle(x, 470, r * 0.16, cream)
    s.strokes(((850, 850), (930, 850), (930, 770)), black, 24, cap="butt")
    s.circle(930, 756, 30, red)
    # The lens, and in it the eye.
    for r, fill in ((300, black), (282, grey), (266, black), (238, red), (222, black)):
        s.circle(500, 800, r, fill)
    for k in range(60):
        a, b = polar(500, 800, 270, k * 6), polar(500, 800, 280 if k % 5 else 262, k * 6)
        s.strokes((a, b), cream, 4, cap="butt")
    s.circle(500, 800, 206, cream)
    with s.cut("mc", '<circle cx="500" cy="800" r="206"/>'):
        s.rect(250, 560, 500, 150, "#d9b48c")
        s.rect(250, 890, 500, 150, "#d9b48c")
        s.path("M280 800 C360 660 640 660 720 800 L760 600 L240 600 Z", "#d9b48c")
        s.path("M280 800 C360 940 640 940 720 800 L760 1000 L240 1000 Z", "#c99f74")
        s.circle(500, 796, 96, blue)
        s.burst(500, 796, 40, 92, 30, 0.4, "#7fa7bf")
        s.circle(500, 796, 50, black)
        s.circle(532, 762, 19, cream)
        s.line("M290 800 C370 652 630 652 710 800", black, 15)
        for k in range(-5, 6):
            x = 500 + k * 36
            y = 700 + 2.2 * k * k
            s.strokes(((x, y), (x + k * 7, y - 46)), black, 8)
        s.line("M310 806 C380 930 620 930 690 806", black, 6)
    s.line("M340 690 A200 200 0 0 1 430 606", "#ffffff", 12, alpha=0.7, cap="round")


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.25, light=0.25, gap=0.08),
        ink="#16130f",
        lines={
            "en": (("MAN WITH A", 84), ("MOVIE CAMERA", 84)),
            "ru": (("ЧЕЛОВЕК С", 84), ("КИНОАППАРАТОМ", 84)),
        },
        logo_ink="#f04a35",
        top=60,
        left=60,
        measure=880,
    ),
    window=(-300, 350, 1600),
    tones=("#14120f", "#efe4cb"),
)
