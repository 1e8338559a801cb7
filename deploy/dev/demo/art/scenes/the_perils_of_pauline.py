"""Pauline on a rope below a balloon."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import puffs, scallops
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    aqua, coral, cream, ink, gold, green = "#4fb0ae", "#e25b45", "#fbf0d8", "#22303a", "#f2bd4d", "#2b6b62"
    s.flood(aqua)
    s.burst(500, 640, 0, 1700, 32, 0.5, "#5cbab6")
    for x, y, k in (
        (-250, 560, 1.1),
        (120, 900, 0.7),
        (890, 620, 0.9),
        (1200, 860, 1.2),
        (820, 1010, 0.6),
        (-100, 1080, 0.8),
    ):
        puffs(s, ((x, y, 60 * k), (x + 74 * k, y - 22 * k, 74 * k), (x + 150 * k, y, 58 * k)), cream, 0.9)
        s.rect(x - 60 * k, y, 268 * k, 60 * k, cream, 0.9)
        s.rect(x - 62 * k, y + 30 * k, 272 * k, 32 * k, aqua)
    with s.placed("translate(60 40) scale(0.88)"):
        _balloon(s, coral, cream, ink, gold)
    # Rocks, and water far below.
    s.path(
        "M-600 1700 L-600 1000 L-420 960 L-300 1020 L-180 1000 L-60 1120 L40 1140 L110 1280 L200 "
        "1320 L260 1480 L380 1560 L400 1700 Z",
        green,
    )
    s.path(
        "M-600 1700 L-600 1160 L-440 1100 L-320 1180 L-200 1160 L-80 1290 L20 1300 L80 1440 L200 1490 L260 1700 Z",
        "#1e4f4a",
    )
    s.path(
        "M1600 1700 L1600 1060 L1460 1020 L1340 1100 L1240 1080 L1120 1220 L1010 1240 L960 1380 L860 "
        "1420 L800 1560 L760 1700 Z",
        green,
    )
    s.path(
        "M1600 1700 L1600 1220 L1480 1180 L1360 1260 L1240 1240 L1140 1370 L1060 1400 L1000 1510 L900 1560 L880 1700 Z",
        "#1e4f4a",
    )
    scallops(s, 1560, 70, (ink, green, ink), shift=20)
    s.rect(-600, 1556, 2200, 200, ink)
    for x, y in ((180, 460), (150, 500), (860, 420), (830, 470), (-200, 420), (1180, 480)):
        s.line(f"M{x - 26} {y - 8} Q{x - 12} {y - 20} {x} {y} Q{x + 12} {y - 20} {x + 26} {y - 8}", ink, 5, cap="round")


def _balloon(s: Sheet, coral: str, cream: str, ink: str, gold: str) -> None:
    # The balloon in gores of two colours.
    s.path(
        "M500 350 C250 350 190 560 230 720 C262 850 380 930 440 1010 L560 1010 C620 930 738 850 770 "
        "720 C810 560 750 350 500 350 Z",
        coral,
    )
    for width, fill in ((0.82, cream), (0.56, coral), (0.27, cream)):
        b, c = 270 * width, 60 * width
        left, right = 500 - b, 500 + b
        s.path(
            f"M500 350 C{left - 40 * width} 360 {left - 40 * width} 600 {left} 720 C{500 - b * 0.88} 850 "
            f"{500 - c * 1.8} 930 {500 - c} 1010 L{500 + c} 1010 C{500 + c * 1.8} 930 {500 + b * 0.88} "
            f"850 {right} 720 C{right + 40 * width} 600 {right + 40 * width} 360 500 350 Z",
            fill,
        )
    s.path("M222 660 C380 720 620 720 778 660 L774 700 C620 762 380 762 226 700 Z", ink)
    for k in range(11):
        s.circle(268 + k * 46.4, 694 + 22 * (1 - ((k - 5) / 5) ** 2), 11, gold)
    for x in (440, 480, 520, 560):
        s.strokes(((x, 1010), (470 + (x - 440) * 0.5, 1100)), ink, 5)
    s.path("M452 1094 L548 1094 L536 1176 L464 1176 Z", "#a5672f")
    s.rect(446, 1088, 108, 16, "#7d4a20")
    for k in range(4):
        s.rect(462 + k * 22, 1106, 5, 66, "#7d4a20")
    # Pauline, on the rope, one hand free.
    s.strokes(((536, 1160), (600, 1240), (590, 1420)), "#7d4a20", 7)
    s.strokes(((594, 1216), (600, 1264)), "#f3cda4", 15)
    s.path("M566 1268 C580 1250 612 1250 626 1268 L634 1330 L690 1420 L640 1436 L540 1440 L570 1336 Z", cream)
    s.path("M566 1318 L634 1318 L636 1334 L564 1334 Z", coral)
    s.strokes(((622, 1276), (680, 1296), (720, 1256)), "#f3cda4", 15)
    s.strokes(((590, 1436), (584, 1476)), ink, 12)
    s.strokes(((640, 1432), (668, 1468)), ink, 12)
    s.circle(612, 1232, 25, "#f3cda4")
    s.path(
        "M584 1236 C578 1196 640 1190 640 1228 C660 1240 690 1236 716 1250 C680 1262 650 1256 632 "
        "1250 C636 1232 606 1222 584 1236 Z",
        "#6a3a1c",
    )
    s.path("M560 1216 Q610 1180 664 1212 L660 1222 Q610 1198 564 1226 Z", gold)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.17, light=0.17, gap=0.12, cap="round"),
        ink="#22303a",
        lines={"en": (("THE PERILS OF", 70), ("PAULINE", 124))},
        logo_ink="#f2bd4d",
        top=60,
    ),
    window=(-300, 560, 1600),
    focus=(535, 1034),
    tones=("#17303a", "#fbf0d8"),
)
