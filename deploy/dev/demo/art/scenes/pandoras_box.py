"""A haircut."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import almond
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    ink, jade, cream, blush, red = "#100e12", "#1f6b5c", "#f5e6cf", "#e9c3a0", "#c3202f"
    s.flood(jade)
    s.burst(500, 900, 0, 1800, 40, 0.5, "#1a5c4f")
    s.circle(500, 900, 470, "#d8a63f")
    s.circle(500, 900, 448, jade)
    s.circle(500, 900, 420, red)
    s.path("M60 1700 C100 1420 300 1370 420 1330 L580 1330 C700 1370 900 1420 940 1700 Z", cream)
    s.path("M400 1200 L600 1200 L606 1350 C560 1420 440 1420 394 1350 Z", blush)
    # The bob: one black shape, cut straight over the brow, ending in points on the cheeks.
    s.path(
        "M500 520 C310 520 226 660 222 850 C220 1000 232 1100 244 1190 C330 1190 380 1160 412 1130 "
        "L588 1130 C620 1160 670 1190 756 1190 C768 1100 780 1000 778 850 C774 660 690 520 500 520 Z",
        ink,
    )
    s.path(
        "M322 800 C320 960 346 1090 420 1180 C452 1218 476 1232 500 1232 C524 1232 548 1218 580 1180 "
        "C654 1090 680 960 678 800 Z",
        cream,
    )
    s.path("M500 800 L678 800 C680 960 654 1090 580 1180 C548 1218 524 1232 500 1232 Z", blush, 0.75)
    s.path("M300 790 Q500 842 700 790 L700 700 L300 700 Z", ink)
    s.path("M300 780 C300 930 316 1020 410 1086 C352 1110 300 1150 262 1176 L240 800 Z", ink)
    s.path("M700 780 C700 930 684 1020 590 1086 C648 1110 700 1150 738 1176 L760 800 Z", ink)
    s.line("M300 620 Q380 552 480 548", "#4d4a58", 9, cap="round")
    s.line("M286 700 Q300 650 330 616", "#4d4a58", 7, cap="round")
    for side in (-1, 1):
        cx = 500 + side * 84
        s.path(almond(cx, 910, 50, 24, 16), "#fffaf0")
        s.circle(cx + 8, 906, 20, ink)
        s.circle(cx + 14, 900, 6, cream)
        s.line(f"M{cx - 54} 910 Q{cx} 866 {cx + 54} 906", ink, 10, cap="round")
        s.line(f"M{cx - 50 * side - 10 * side} 862 Q{cx} 828 {cx + 60 * side} 858", ink, 6, cap="round")
    s.line("M500 930 L490 1010 Q500 1022 516 1014", "#b98b68", 5, cap="round", join="round")
    s.path("M446 1090 Q474 1066 500 1080 Q526 1066 554 1090 Q500 1104 446 1090 Z", red)
    s.path("M446 1090 Q500 1098 554 1090 Q528 1130 500 1130 Q472 1130 446 1090 Z", "#8f1220")
    for k in range(15):
        x = 330 + k * 24.3
        y = 1330 + 95 * (1 - ((k - 7) / 7) ** 2)
        s.circle(x, y, 13, "#fffaf0")
        s.circle(x - 3, y - 3, 5, "#d8c8a8")
    s.rect(-600, 1400, 2200, 200, s.shade("pb", ((0, ink, 0), (1, ink, 0.55))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.34, light=0.06, gap=0.1),
        ink="#f5e6cf",
        lines={"en": (("PANDORA'S", 128), ("BOX", 150)), "de": (("DIE BÜCHSE DER", 66), ("PANDORA", 150))},
        top=60,
        logo_ink="#f5e6cf",
    ),
    window=(-300, 500, 1600),
    tones=("#160a1e", "#f6dfd2"),
)
