"""A sleepwalker in a street where nothing is straight."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    ink, bone, mustard, rust, blue = "#14110f", "#eee0bd", "#d99a2b", "#a33a1e", "#2d4a55"
    s.flood(mustard)
    for k, (a, b) in enumerate(((-600, -330), (-150, 60), (230, 400), (560, 720), (900, 1120), (1290, 1600))):
        s.poly(((500, 820), (a, -100), (b, -100)), rust if k % 2 else bone, 0.55)
    s.poly(((690, 300), (820, 420), (700, 560), (590, 430)), bone)
    s.poly(((720, 330), (820, 420), (700, 560), (676, 440)), rust, 0.85)
    left = (
        (((-600, 520), (-260, 460), (-200, 1700), (-600, 1700)), rust),
        (((-330, 700), (-40, 380), (110, 1700), (-330, 1700)), ink),
        (((-60, 560), (170, 480), (250, 760), (200, 1240), (-20, 1700)), blue),
        (((190, 700), (330, 580), (352, 1160), (180, 1400)), bone),
    )
    right = (
        (((1600, 480), (1270, 380), (1180, 1700), (1600, 1700)), blue),
        (((1330, 300), (1050, 520), (880, 1700), (1330, 1700)), ink),
        (((1080, 640), (840, 560), (760, 800), (820, 1260), (1050, 1700)), rust),
        (((820, 760), (690, 640), (660, 1170), (830, 1420)), bone),
    )
    for points, fill in (*left, *right):
        s.poly(points, fill)
    s.poly(((-80, 590), (60, 330), (190, 500)), ink)
    s.poly(((170, 720), (270, 470), (352, 600)), ink)
    s.poly(((1110, 670), (960, 400), (820, 590)), ink)
    s.poly(((845, 790), (760, 520), (668, 660)), ink)
    windows = (
        ((20, 680), (90, 640), (110, 760), (30, 790), mustard),
        ((60, 880), (140, 850), (130, 980), (70, 1000), bone),
        ((230, 760), (300, 700), (306, 800), (236, 850), ink),
        ((232, 930), (310, 900), (312, 1010), (240, 1040), ink),
        ((900, 700), (980, 740), (960, 850), (890, 800), mustard),
        ((880, 940), (950, 960), (950, 1080), (890, 1050), bone),
        ((712, 760), (780, 830), (776, 920), (716, 860), ink),
        ((1140, 640), (1210, 600), (1190, 760), (1130, 780), mustard),
        ((-210, 760), (-150, 700), (-140, 840), (-200, 870), mustard),
    )
    for *corners, fill in windows:
        s.poly(corners, fill)
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
        bar = ink if fill != ink else bone
        s.strokes((((ax + bx) / 2, (ay + by) / 2), ((cx + dx) / 2, (cy + dy) / 2)), bar, 7, cap="butt")
        s.strokes((((ax + dx) / 2, (ay + dy) / 2), ((cx + bx) / 2, (cy + by) / 2)), bar, 7, cap="butt")
    # The road: blades of light and dark that run to where the sleepwalker stands.
    s.poly(((-600, 1700), (-600, 1560), (350, 1150), (665, 1160), (1600, 1580), (1600, 1700)), ink)
    for a, b in ((-430, -160), (60, 260), (420, 560), (700, 880), (1090, 1420)):
        s.poly(((a, 1700), (b, 1700), (508 + (a + b) * 0.006, 1150)), bone)
    # The sleepwalker, long and thin, one arm along the wall, with his knife.
    s.path(
        "M480 1330 L500 1000 L470 860 C456 820 470 770 500 752 L506 730 C484 716 480 670 500 648 "
        "C520 632 552 640 556 672 "
        "C560 700 552 722 540 732 L544 752 C574 766 590 800 584 850 L560 1010 L590 1330 L556 1330 "
        "L536 1080 L514 1330 Z",
        ink,
    )
    s.poly(((484, 770), (380, 640), (330, 520), (318, 440), (338, 436), (356, 516), (404, 620), (506, 740)), ink)
    s.poly(((316, 446), (300, 300), (344, 440)), bone)
    s.poly(((576, 770), (640, 900), (612, 1010), (596, 1000), (612, 906), (562, 830)), ink)
    s.path("M504 672 L552 676 L548 716 Q528 736 508 712 Z", bone)
    s.poly(((508, 684), (526, 684), (517, 706)), ink)
    s.poly(((534, 684), (550, 686), (541, 706)), ink)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.2, light=0.2, gap=0.1, crooked=0.32, cap="butt"),
        ink="#14110f",
        lines={
            "en": (("THE CABINET OF DR.", 62), ("CALIGARI", 150)),
            "de": (("DAS CABINET DES DR.", 62), ("CALIGARI", 150)),
        },
        logo_ink="#f0b63c",
        top=70,
    ),
    window=(-300, 380, 1600),
    tones=("#17120c", "#f2dcae"),
)
