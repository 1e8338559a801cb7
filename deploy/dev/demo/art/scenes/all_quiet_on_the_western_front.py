"""A hand that reaches out of the trench for a butterfly."""

import math

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    olive, moss, ochre, cream, ink, orange = "#5a5a34", "#37391f", "#c99a45", "#f1e2b8", "#17150d", "#d8621f"
    s.bands(-100, (400, 160, 150, 140, 130, 900), ("#8b8148", "#9d8d4c", "#b09a52", "#c2a757", "#d3b564", "#dcc173"))
    s.circle(500, 790, 310, cream, 0.4)
    s.circle(500, 790, 250, cream)
    s.path(
        "M-600 1700 L-600 1080 C-380 1030 -200 1090 0 1050 C200 1010 330 1080 520 1060 C720 1040 860 "
        "1010 1040 1060 C1240 1100 1400 1030 1600 1070 L1600 1700 Z",
        olive,
    )
    for x, h, lean in (
        (-420, 300, 20),
        (-250, 180, -16),
        (60, 330, 26),
        (150, 200, -20),
        (900, 360, -30),
        (1010, 210, 18),
        (1220, 280, 24),
        (1420, 190, -10),
    ):
        s.poly(((x - 12, 1090), (x + 12, 1090), (x + lean + 4, 1090 - h), (x + lean - 3, 1090 - h)), moss)
        s.strokes(((x + lean * 0.5, 1090 - h * 0.55), (x + lean * 0.5 + 44, 1090 - h * 0.8)), moss, 6)
        s.strokes(((x + lean * 0.4, 1090 - h * 0.4), (x + lean * 0.4 - 36, 1090 - h * 0.62)), moss, 6)
    for x in (180, 330, 690, 800):
        s.strokes(((x - 30, 1060), (x + 30, 990)), moss, 8)
        s.strokes(((x + 30, 1060), (x - 30, 990)), moss, 8)
    s.path(
        "M-600 1700 L-600 1240 C-300 1180 -60 1250 140 1230 C300 1214 420 1300 560 1300 C720 1290 "
        "820 1200 1000 1210 C1200 1220 1400 1170 1600 1230 L1600 1700 Z",
        moss,
    )
    # Wire.
    for base, amp, turn in ((1150, 22, 0.0), (1210, 30, 1.4)):
        points = [(x, base + amp * math.sin(x / 130 + turn)) for x in range(-600, 1620, 20)]
        s.strokes(points, ink, 5)
        for k in range(5, len(points), 7):
            x, y = points[k]
            s.strokes(((x - 14, y - 15), (x + 14, y + 15)), ink, 4)
            s.strokes(((x + 14, y - 15), (x - 14, y + 15)), ink, 4)
    for x, lean in ((-300, 10), (-20, -22), (300, 20), (880, -26), (1180, 16)):
        s.poly(((x - 13, 1330), (x + 13, 1330), (x + lean + 10, 1080), (x + lean - 10, 1080)), ink)
    # The hand that reaches out of the trench, and what it reaches for.
    s.path(
        "M-600 1700 L-600 1400 C-200 1340 100 1420 300 1380 C420 1360 560 1420 700 1400 C960 1370 "
        "1300 1420 1600 1360 L1600 1700 Z",
        ink,
    )
    s.path(
        "M300 1500 C330 1400 372 1310 404 1240 C416 1190 420 1150 440 1112 C452 1084 470 1070 482 "
        "1040 C492 1000 498 950 516 908 "
        "C526 892 544 900 542 920 C536 960 530 1000 534 1030 C556 990 582 950 606 916 C620 900 638 "
        "914 630 934 C606 976 586 1016 574 1050 "
        "C600 1026 630 1000 656 982 C674 972 686 990 674 1006 C646 1036 616 1066 598 1094 C620 1082 "
        "642 1074 664 1070 C682 1070 684 1090 668 1098 "
        "C630 1114 596 1140 576 1180 C556 1230 520 1290 500 1350 C490 1400 480 1450 480 1500 Z",
        ink,
    )
    s.path("M448 1130 C420 1110 396 1076 380 1040 C374 1020 392 1008 406 1024 C428 1054 450 1076 476 1090 Z", ink)
    s.path("M330 1500 L500 1500 L540 1330 Q470 1290 402 1268 Z", moss)
    s.line("M402 1268 Q470 1290 540 1330", olive, 9)
    with s.placed("translate(600 776) rotate(14)"):
        for side in (-1, 1):
            with s.placed(f"scale({side} 1)"):
                s.path("M6 0 C40 -90 130 -130 176 -96 C200 -60 160 -10 100 6 C60 14 20 10 6 0 Z", ink)
                s.path("M14 -8 C50 -80 126 -112 160 -86 C178 -58 140 -20 92 -6 C60 2 30 0 14 -8 Z", orange)
                s.path("M6 2 C50 14 110 30 118 78 C112 116 70 110 44 76 C26 52 10 26 6 2 Z", ink)
                s.path("M16 14 C50 24 92 40 102 76 C96 98 68 92 50 68 C34 48 22 32 16 14 Z", ochre)
                s.circle(134, -74, 10, cream)
                s.circle(108, -46, 7, cream)
                s.circle(80, 66, 7, ink)
                s.line("M2 -20 C10 -50 24 -70 44 -84", ink, 4, cap="round")
        s.path("M0 -34 C12 -20 12 50 0 76 C-12 50 -12 -20 0 -34 Z", ink)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.17, light=0.17, gap=0.12),
        ink="#17150d",
        lines={
            "en": (("ALL QUIET ON THE", 70), ("WESTERN FRONT", 104)),
            "de": (("IM WESTEN", 100), ("NICHTS NEUES", 100)),
        },
        logo_ink="#e7c778",
        top=80,
    ),
    window=(-300, 560, 1600),
    tones=("#1a180e", "#f2e3b6"),
)
