"""A cabin that hangs over the edge."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import bowler, puffs, scatter
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    night, ice, snow, blue, gold, ink = "#1d3557", "#8fb9cc", "#f3f4ee", "#4b7ea1", "#eab543", "#1a1613"
    s.flood(night)
    s.burst(700, 640, 0, 1700, 32, 0.5, "#24416a")
    s.circle(700, 640, 190, gold)
    s.circle(700, 640, 154, "#f6d488")
    peaks = ((-420, 620, 420), (-80, 520, 430), (300, 640, 330), (980, 470, 470), (1380, 600, 420))
    for x, top, half in peaks:
        s.poly(((x, top), (x - half, 1300), (x - half, 1700), (x + half, 1700), (x + half, 1300)), blue)
        s.poly(((x, top), (x + half, 1300), (x + half, 1700), (x + half * 0.1, 1700)), "#35648a")
        s.poly(
            (
                (x, top),
                (x - half * 0.3, top + 200),
                (x - half * 0.12, top + 170),
                (x - half * 0.04, top + 240),
                (x + half * 0.1, top + 180),
                (x + half * 0.3, top + 200),
            ),
            snow,
        )
    s.path(
        "M-600 1700 L-600 960 C-300 900 60 960 330 1000 C480 1024 600 1040 664 1078 C690 1110 640 "
        "1130 620 1180 C590 1270 640 1330 600 1420 C570 1500 590 1600 580 1700 Z",
        snow,
    )
    s.path(
        "M664 1078 C690 1110 640 1130 620 1180 C590 1270 640 1330 600 1420 C570 1500 590 1600 580 "
        "1700 L430 1700 C470 1560 420 1460 480 1350 C520 1270 480 1190 540 1120 Z",
        ice,
    )
    s.path("M1600 1700 L1600 1180 C1400 1200 1240 1290 1160 1420 L1060 1700 Z", blue)
    s.path("M1600 1700 L1600 1180 C1440 1200 1330 1300 1290 1420 L1240 1700 Z", ice)
    # The cabin hangs over the edge.
    with s.placed("rotate(17 600 1040)"):
        s.rect(430, 800, 370, 236, "#6b3f22")
        for k in range(8):
            s.rect(430, 806 + k * 29.5, 370, 8, "#4a2914")
        s.rect(560, 858, 92, 178, ink)
        s.rect(476, 856, 56, 56, "#ffd97a")
        s.rect(500, 856, 7, 56, ink)
        s.rect(476, 880, 56, 7, ink)
        s.rect(696, 856, 56, 56, "#ffd97a")
        s.rect(720, 856, 7, 56, ink)
        s.rect(696, 880, 56, 7, ink)
        s.poly(((392, 806), (520, 664), (840, 664), (850, 806)), ink)
        s.path(
            "M378 816 L506 650 Q520 634 540 636 L836 640 Q862 646 860 676 L856 700 Q760 690 700 706 Q640 "
            "724 560 700 Q520 716 480 764 Q430 800 378 816 Z",
            snow,
        )
        s.rect(700, 580, 44, 90, "#6b3f22")
        s.rect(694, 568, 56, 20, snow)
    puffs(s, ((742, 560, 20), (774, 524, 26), (818, 490, 32), (872, 462, 38)), snow, 0.75)
    # The prospector, holding on to his hat.
    with s.placed("translate(212 812)"):
        s.path("M-34 40 C-40 0 -20 -24 0 -26 C22 -24 42 0 36 40 L44 96 L-44 96 Z", ink)
        s.strokes(((-18, 90), (-24, 150), (-54, 186)), ink, 26)
        s.strokes(((18, 90), (28, 146), (58, 180)), ink, 26)
        s.strokes(((-56, 190), (-82, 190)), ink, 18)
        s.strokes(((58, 184), (86, 182)), ink, 18)
        s.strokes(((-28, -4), (-66, -40), (-34, -76)), ink, 18)
        s.strokes(((30, -4), (66, 30), (92, 50)), ink, 18)
        s.strokes(((92, 44), (118, 182)), ink, 7)
        s.circle(0, -56, 27, "#f0cfa6")
        s.rect(-8, -46, 16, 9, ink)
        bowler(s, 0, -74, 32, ink)
    for u, v in scatter(70, 0.4):
        s.circle(-500 + u * 2000, v * 1300, 3 + 5 * ((u * 7) % 1), snow, 0.8)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.2, light=0.2, gap=0.1),
        ink="#eab543",
        lines={"en": (("THE GOLD", 110), ("RUSH", 170))},
        logo_ink="#eab543",
        top=70,
    ),
    window=(-300, 490, 1600),
    tones=("#142741", "#f5f1df"),
)
