"""Scenes of the German and Scandinavian films: towers, shadows, crooked streets, a coat, a haircut."""

from deploy.demo.art.lettering import Hand
from deploy.demo.art.scene import Bill, Scene
from deploy.demo.art.shapes import almond, flame, scatter, stars, tower
from deploy.demo.art.sheet import Sheet


def _metropolis(s: Sheet) -> None:
    night, blue, teal, gold, cream, copper = "#0d1220", "#172a41", "#22506a", "#e3a83a", "#f6e4bb", "#a8481f"
    s.flood(night)
    s.burst(500, 760, 0, 1700, 36, 0.5, blue)
    s.burst(500, 760, 0, 1150, 18, 0.22, teal, 0.55)
    for r, alpha in ((520, 0.16), (400, 0.28), (290, 0.5)):
        s.circle(500, 760, r, copper, alpha)
    back = ((-420, 500), (-300, 640), (-170, 430), (-40, 560), (90, 700), (910, 700), (1040, 560), (1170, 430), (1300, 640), (1420, 500))
    for x, height in back:
        tower(s, x, 1400, ((62, height), (42, 90), (22, 70), (5, 60)), "#2b5a70", "#1a3a50")
    tower(s, 500, 1400, ((300, 330), (235, 170), (170, 160), (108, 120), (58, 90), (12, 90)), gold, copper)
    for level, half in ((1130, 235), (970, 170), (815, 108)):
        for k in range(-3, 4):
            s.rect(500 + k * half / 3.8 - 5, level - 110, 10, 95, night, 0.4)
    front = ((-330, 560), (-200, 380), (-70, 470), (60, 560), (185, 430), (815, 430), (940, 560), (1070, 470), (1200, 380), (1330, 560))
    for x, height in front:
        tower(s, x, 1500, ((72, height), (48, 70), (24, 50)), "#193249", "#0f2033")
        for (u, v) in scatter(9, x * 0.013):
            s.rect(x - 58 + 17 * int(u * 7), 1500 - height + 20 + 26 * int(v * (height - 170) / 26), 9, 14, gold, 0.85)
    # The machine woman: half lit, half in the dark, within rings of light.
    s.path("M190 1500 C200 1330 330 1290 420 1262 L420 1180 L580 1180 L580 1262 C670 1290 800 1330 810 1500 Z", night)
    s.path("M214 1500 C226 1346 350 1306 436 1276 L436 1180 L500 1180 L500 1500 Z", gold)
    s.path("M786 1500 C774 1346 650 1306 564 1276 L564 1180 L500 1180 L500 1500 Z", copper)
    s.path("M500 888 C405 888 372 960 378 1048 C383 1140 440 1208 500 1216 C560 1208 617 1140 622 1048 C628 960 595 888 500 888 Z", night)
    s.path("M500 902 C416 902 388 968 392 1046 C397 1130 448 1192 500 1200 Z", cream)
    s.path("M500 902 C584 902 612 968 608 1046 C603 1130 552 1192 500 1200 Z", gold)
    s.path("M392 1010 C400 930 440 902 500 902 L500 962 C450 966 420 985 392 1010 Z", gold)
    s.path("M608 1010 C600 930 560 902 500 902 L500 962 C550 966 580 985 608 1010 Z", copper)
    s.rect(492, 876, 16, 90, night)
    s.path("M418 1040 Q452 1018 480 1040 Q450 1054 418 1040 Z", night)
    s.path("M582 1040 Q548 1018 520 1040 Q550 1054 582 1040 Z", night)
    s.poly(((500, 1030), (486, 1112), (500, 1118)), gold)
    s.poly(((500, 1030), (514, 1112), (500, 1118)), copper)
    s.path("M466 1150 Q500 1136 534 1150 Q500 1166 466 1150 Z", night)
    for side in (-1, 1):
        s.rect(500 + side * 118 - 12, 1000, 24, 100, copper if side > 0 else gold)
        s.ring(500 + side * 128, 1420, 60, night, 10)
    for k in range(4):
        s.rect(462, 1228 + k * 16, 76, 6, night, 0.75)
    for y, rx in ((1010, 330), (1130, 390), (1250, 450)):
        s.line(f"M{500 - rx} {y} A{rx} 64 0 0 0 {500 + rx} {y}", cream, 7, alpha=0.95)
        s.line(f"M{500 - rx} {y} A{rx} 64 0 0 0 {500 + rx} {y}", gold, 20, alpha=0.25)
    s.rect(-600, 1330, 2200, 300, s.shade("mf", ((0, night, 0), (0.55, night, 0.85), (1, night, 1))))


def _nosferatu(s: Sheet) -> None:
    ink, moss, sage, pale = "#0c1410", "#33523f", "#90a770", "#e4e6b8"
    s.flood(moss)
    s.poly(((-600, 1700), (-600, 560), (120, 380), (1020, 230), (1600, 160), (1600, 1700)), sage)
    s.poly(((-200, 1700), (-60, 620), (300, 470), (930, 420), (1240, 1700)), pale)
    for k in range(9):
        s.line(f"M-600 {690 + k * 112} L1600 {520 + k * 128}", moss, 3, alpha=0.28)
    # The shadow: bald head, ear, hooked nose, and an arm that ends in claws.
    s.path(
        "M470 1500 C468 1300 440 1150 452 1030 C458 960 486 906 530 872 C520 850 518 836 520 818 "
        "C500 812 488 800 492 788 C478 782 470 774 476 764 C452 752 450 738 470 724 C478 708 484 694 488 678 "
        "C492 610 540 566 600 566 C640 566 664 590 676 622 C690 600 706 588 724 580 C716 610 712 640 696 664 "
        "C706 716 690 766 664 800 C668 824 680 836 700 846 C780 880 812 960 818 1060 C830 1210 800 1360 812 1500 Z",
        ink,
    )
    s.path("M540 896 C470 930 408 930 352 894 C330 880 306 868 286 862 L270 906 C300 918 316 934 340 956 C410 1016 500 1010 560 980 Z", ink)
    claws = (
        "M300 862 C268 800 226 752 168 716 C214 768 240 812 262 880 Z",
        "M292 868 C240 820 178 800 108 802 C176 818 226 846 266 892 Z",
        "M284 880 C220 860 150 868 84 898 C156 890 216 894 270 912 Z",
        "M280 896 C226 900 170 930 124 984 C178 944 226 926 282 922 Z",
        "M304 912 C276 940 258 980 252 1032 C272 988 296 960 332 940 Z",
    )
    for claw in claws:
        s.path(claw, ink)
    s.path("M520 676 Q540 660 562 676 Q540 690 520 676 Z", pale)
    # The stair, rising to the right, with its rail.
    steps = "M-600 1700 L-600 1480 L40 1480"
    x, y = 40, 1480
    for _ in range(12):
        steps += f" L{x} {y - 62} L{x + 112} {y - 62}"
        x, y = x + 112, y - 62
    s.path(steps + " L1600 1700 Z", ink)
    x, y = 40, 1480
    for step in range(12):
        if not 3 <= step <= 6:  # where the shadow stands
            s.rect(x + 4, y - 66, 110, 6, sage, 0.9)
        x, y = x + 112, y - 62
    for k in range(11):
        px, py = 130 + k * 112, 1356 - k * 62
        s.rect(px, py - 190, 9, 196, ink)
        s.circle(px + 4, py - 120, 11, ink)
    s.strokes(((80, 1204), (1480, 430)), ink, 20)


def _caligari(s: Sheet) -> None:
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
        "M480 1330 L500 1000 L470 860 C456 820 470 770 500 752 L506 730 C484 716 480 670 500 648 C520 632 552 640 556 672 "
        "C560 700 552 722 540 732 L544 752 C574 766 590 800 584 850 L560 1010 L590 1330 L556 1330 L536 1080 L514 1330 Z",
        ink,
    )
    s.poly(((484, 770), (380, 640), (330, 520), (318, 440), (338, 436), (356, 516), (404, 620), (506, 740)), ink)
    s.poly(((316, 446), (300, 300), (344, 440)), bone)
    s.poly(((576, 770), (640, 900), (612, 1010), (596, 1000), (612, 906), (562, 830)), ink)
    s.path("M504 672 L552 676 L548 716 Q528 736 508 712 Z", bone)
    s.poly(((508, 684), (526, 684), (517, 706)), ink)
    s.poly(((534, 684), (550, 686), (541, 706)), ink)


def _haxan(s: Sheet) -> None:
    ink, wine, ember, amber, bone = "#130a10", "#4a1026", "#c43a1c", "#f0a030", "#f6dfae"
    s.flood(wine)
    s.burst(500, 800, 0, 1700, 30, 0.5, "#5d1730")
    s.circle(500, 800, 430, ember)
    s.circle(500, 800, 362, amber)
    s.circle(500, 800, 300, bone)
    # The devil: horns, ears, a face of planes, eyes that burn.
    s.path(
        "M500 1500 L100 1500 C130 1330 250 1240 372 1196 C330 1120 318 1030 330 950 C300 930 270 890 250 830 C290 850 320 862 344 866 "
        "C320 800 250 760 214 660 C190 580 212 500 262 440 C262 540 300 620 390 664 C420 680 450 690 500 690 "
        "C550 690 580 680 610 664 C700 620 738 540 738 440 C788 500 810 580 786 660 C750 760 680 800 656 866 "
        "C680 862 710 850 750 830 C730 890 700 930 670 950 C682 1030 670 1120 628 1196 C750 1240 870 1330 900 1500 Z",
        ink,
    )
    s.path("M372 868 C420 850 466 872 486 906 C446 914 400 906 372 868 Z", ember)
    s.path("M628 868 C580 850 534 872 514 906 C554 914 600 906 628 868 Z", ember)
    s.circle(440, 886, 13, bone)
    s.circle(560, 886, 13, bone)
    s.path("M500 900 L470 1010 Q500 1032 530 1010 Z", wine)
    s.path("M404 1064 C440 1048 470 1060 500 1068 C530 1060 560 1048 596 1064 C570 1110 540 1122 500 1122 C460 1122 430 1110 404 1064 Z", ember)
    for k in range(6):
        x = 436 + k * 22
        s.poly(((x, 1064), (x + 18, 1064), (x + 9, 1092)), bone)
    s.path("M470 1136 L500 1250 L530 1136 Z", wine)
    for x, y, size, turn in ((150, 560, 1.0, -18), (850, 500, 0.8, 14), (110, 900, 0.62, -8), (905, 830, 0.7, 20), (-250, 700, 1, -12), (1260, 690, 1, 16)):
        _witch(s, x, y, size if x < 500 else -size, abs(size), turn, ink)
    for k in range(13):
        s.path(flame(-560 + k * 178, 1590, 190, 250 + 110 * ((k * 3) % 4) / 3, 30 - 20 * (k % 4)), ember)
    for k in range(13):
        s.path(flame(-480 + k * 178, 1600, 130, 170 + 70 * ((k * 5) % 3) / 2, -20 + 15 * (k % 3)), amber)
    s.rect(-600, 1400, 2200, 200, s.shade("hx", ((0, ink, 0), (1, ink, 0.9))))


def _witch(s: Sheet, x: float, y: float, sx: float, sy: float, turn: float, ink: str) -> None:
    with s.placed(f"translate({x} {y}) rotate({turn}) scale({sx} {sy})"):
        s.rect(-130, 18, 210, 8, ink)
        s.poly(((-130, 22), (-210, -8), (-196, 22), (-214, 50)), ink)
        s.path("M-40 22 C-60 -20 -30 -70 0 -74 L24 -60 L70 6 L58 14 L14 -20 C20 0 20 14 34 24 L60 60 L46 66 L-4 30 Z", ink)
        s.circle(16, -84, 17, ink)
        s.poly(((-14, -90), (46, -104), (6, -160)), ink)
        s.poly(((-24, -84), (52, -104), (50, -96), (-20, -76)), ink)
        s.path("M-4 -66 C-60 -60 -90 -20 -120 -26 C-90 0 -50 10 -30 6 Z", ink)


def _last_laugh(s: Sheet) -> None:
    navy, wine, crimson, gold, bone = "#121a2e", "#3b0f1e", "#7c1a2b", "#dba53c", "#f0e2c2"
    s.flood(navy)
    # The revolving door: panes of light that turn about the coat.
    for k, fill in enumerate(("#1d2b47", "#2a3d5e", "#1d2b47", "#34507a")):
        s.poly(((500, 500), (-600 + k * 550, 1700), (-50 + k * 550, 1700)), fill)
        s.poly(((500, 620), (-600 + k * 550, -100), (-50 + k * 550, -100)), fill if k % 2 else "#16213a")
    s.ring(500, 640, 330, gold, 6, 0.7)
    s.ring(500, 640, 350, gold, 2, 0.7)
    s.circle(500, 640, 300, bone, 0.95)
    s.path("M500 700 C300 700 120 770 60 960 C20 1120 -20 1500 -20 1700 L1020 1700 C1020 1500 980 1120 940 960 C880 770 700 700 500 700 Z", wine)
    s.path("M500 716 C310 720 150 780 84 970 C50 1110 20 1400 14 1700 L500 1700 Z", crimson)
    s.path("M384 716 L500 900 L616 716 L640 790 L500 1010 L360 790 Z", navy)
    s.line("M374 752 L500 960 L626 752", gold, 9)
    # The cap sits above an empty collar: without the coat there is nobody.
    s.path("M330 600 C320 520 390 470 500 466 C610 470 680 520 670 600 Q500 640 330 600 Z", navy)
    s.path("M344 588 Q500 624 656 588 L662 640 Q500 680 338 640 Z", crimson)
    s.line("M342 600 Q500 636 658 600", gold, 8)
    s.path("M330 640 Q500 690 670 640 Q690 690 640 704 Q500 728 360 704 Q310 690 330 640 Z", "#0a0e1a")
    s.circle(500, 546, 30, gold)
    s.poly([(500 + (20 if k % 2 else 9) * c, 546 + (20 if k % 2 else 9) * d) for k, (c, d) in enumerate(_OCTAGON)], wine)
    for side in (-1, 1):
        for row in range(5):
            x, y = 500 + side * (150 - row * 4), 1010 + row * 108
            s.circle(x + 3, y + 5, 33, "#1a0710")
            s.circle(x, y, 31, gold)
            s.circle(x - 6, y - 6, 19, "#f3d27f")
        s.path(f"M{500 + side * 250} 760 C{500 + side * 340} 770 {500 + side * 430} 830 {500 + side * 452} 910 L{500 + side * 330} 880 Z", gold)
        for k in range(9):
            x = 500 + side * (330 + k * 15)
            s.rect(x - 5, 884 + k * 3.6, 9, 84, gold)
    s.line("M500 1010 L500 1700", "#1a0710", 6)
    s.rect(-600, 1320, 2200, 300, s.shade("ll", ((0, wine, 0), (1, "#12060c", 0.85))))


_OCTAGON = ((0, -1), (0.71, -0.71), (1, 0), (0.71, 0.71), (0, 1), (-0.71, 0.71), (-1, 0), (-0.71, -0.71))


def _pandora(s: Sheet) -> None:
    ink, jade, cream, blush, red = "#100e12", "#1f6b5c", "#f5e6cf", "#e9c3a0", "#c3202f"
    s.flood(jade)
    s.burst(500, 900, 0, 1800, 40, 0.5, "#1a5c4f")
    s.circle(500, 900, 470, "#d8a63f")
    s.circle(500, 900, 448, jade)
    s.circle(500, 900, 420, red)
    s.path("M60 1700 C100 1420 300 1370 420 1330 L580 1330 C700 1370 900 1420 940 1700 Z", cream)
    s.path("M400 1200 L600 1200 L606 1350 C560 1420 440 1420 394 1350 Z", blush)
    # The bob: one black shape, cut straight over the brow, ending in points on the cheeks.
    s.path("M500 520 C310 520 226 660 222 850 C220 1000 232 1100 244 1190 C330 1190 380 1160 412 1130 L588 1130 C620 1160 670 1190 756 1190 C768 1100 780 1000 778 850 C774 660 690 520 500 520 Z", ink)
    s.path("M322 800 C320 960 346 1090 420 1180 C452 1218 476 1232 500 1232 C524 1232 548 1218 580 1180 C654 1090 680 960 678 800 Z", cream)
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


def _sunrise(s: Sheet) -> None:
    night, violet, rose, peach, sun, ink = "#231a3d", "#54305e", "#b4506a", "#f09a63", "#ffe2a0", "#140f24"
    s.bands(-100, (420, 130, 120, 110, 100, 90, 230), (night, "#35224c", violet, "#84405f", rose, "#d9745f", peach))
    s.burst(500, 1000, 0, 1500, 32, 0.5, sun, 0.13)
    s.circle(500, 1000, 330, sun, 0.25)
    s.circle(500, 1000, 250, sun)
    stars(s, (-500, 30, 2000, 330), 40, peach, seed=0.3)
    # The far shore: a town on one side, fields on the other.
    s.path("M-600 1000 L-600 930 L-420 900 L-300 930 L-200 880 L-60 930 L60 900 L180 945 L330 965 L330 1000 Z", violet)
    for x, h in ((640, 60), (690, 120), (740, 80), (790, 190), (840, 110), (880, 240), (925, 150), (975, 90), (1030, 200), (1090, 130), (1160, 170), (1240, 90), (1330, 140), (1430, 70), (1520, 100)):
        s.rect(x, 1000 - h, 44, h, violet)
        s.poly(((x, 1000 - h), (x + 22, 1000 - h - 36), (x + 44, 1000 - h)), violet)
    s.rect(-600, 1000, 2200, 700, night)
    for k in range(15):
        y, half = 1006 + k * 22 + k * k * 0.6, 250 - k * 9 + 46 * (k % 2)
        s.rect(500 - half, y, half * 2, 9 + k * 0.7, sun if k < 3 else peach if k < 8 else rose, 1 - k * 0.045)
    # Two in a boat.
    s.path("M250 1196 Q500 1232 750 1196 Q716 1288 620 1296 L380 1296 Q284 1288 250 1196 Z", ink)
    s.path("M372 1206 C366 1130 380 1080 420 1064 C404 1040 412 1000 444 996 C478 998 486 1036 470 1062 C500 1074 514 1120 512 1206 Z", ink)
    s.path("M516 1206 C512 1140 530 1100 556 1090 C536 1060 548 1022 580 1020 C616 1024 620 1066 602 1090 C636 1104 648 1150 646 1206 Z", ink)
    s.path("M536 1050 C534 1014 556 996 582 998 C614 1000 630 1026 626 1070 C634 1090 632 1104 622 1110 C612 1080 600 1050 536 1050 Z", ink)
    s.strokes(((470, 1120), (540, 1150), (560, 1140)), ink, 26)
    s.strokes(((640, 1150), (800, 1290)), ink, 11)
    s.strokes(((372, 1150), (210, 1290)), ink, 11)
    for x, lean, h in ((-40, 30, 430), (0, 44, 340), (36, 60, 390), (80, 40, 260), (-90, 20, 300), (900, -40, 300), (950, -30, 420), (990, -20, 350), (1040, -40, 440), (1100, -20, 300), (-200, 10, 380), (-300, 20, 300), (1220, -10, 360)):
        s.path(f"M{x} 1560 Q{x + lean * 0.2} {1560 - h * 0.6} {x + lean} {1560 - h} Q{x + lean * 0.5} {1560 - h * 0.5} {x + 16} 1560 Z", ink)
    s.rect(-600, 1340, 2200, 280, s.shade("sr", ((0, ink, 0), (1, ink, 1))))


SCENES = {
    "metropolis": Scene(
        draw=_metropolis,
        bill=Bill(
            hand=Hand(heavy=0.2, light=0.2, gap=0.07, inline=0.035),
            ink="#f6e4bb",
            second="#0d1220",
            lines={"en": (("METROPOLIS", 165),), "fr": (("MÉTROPOLIS", 165),)},
            foot="A FILM BY FRITZ LANG · UFA 1927",
            foot_ink="#e3a83a",
            logo_ink="#f1c869",
        ),
        window=(-300, 500, 1600),
        tones=("#0b1424", "#f3dba5"),
    ),
    "nosferatu": Scene(
        draw=_nosferatu,
        bill=Bill(
            hand=Hand(heavy=0.13, light=0.13, gap=0.08, cap="butt", crooked=0.1),
            ink="#e4e6b8",
            lines={"en": (("NOSFERATU", 190),), "de": (("NOSFERATU", 150), ("EINE SYMPHONIE DES GRAUENS", 44))},
            logo_ink="#dfe6a8",
            top=80,
        ),
        window=(-250, 420, 1500),
        tones=("#0c1018", "#dfe4e8"),
    ),
    "the-cabinet-of-dr-caligari": Scene(
        draw=_caligari,
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
    ),
    "haxan": Scene(
        draw=_haxan,
        bill=Bill(
            hand=Hand(heavy=0.24, light=0.09, gap=0.12),
            ink="#f6dfae",
            lines={"en": (("HÄXAN", 190),)},
            foot="WITCHCRAFT THROUGH THE AGES · 1922",
            foot_ink="#f0a030",
            logo_ink="#f6b04a",
            top=50,
        ),
        window=(-300, 430, 1600),
        tones=("#16070b", "#f5c98a"),
    ),
    "the-last-laugh": Scene(
        draw=_last_laugh,
        bill=Bill(
            hand=Hand(heavy=0.1, light=0.1, gap=0.16, cap="round"),
            ink="#f0e2c2",
            lines={"en": (("THE LAST", 74), ("LAUGH", 130)), "de": (("DER LETZTE", 74), ("MANN", 130))},
            logo_ink="#e6bd62",
            top=60,
        ),
        window=(-300, 440, 1600),
        tones=("#101a33", "#f0dcae"),
    ),
    "pandoras-box": Scene(
        draw=_pandora,
        bill=Bill(
            hand=Hand(heavy=0.34, light=0.06, gap=0.1),
            ink="#f5e6cf",
            lines={"en": (("PANDORA'S", 128), ("BOX", 150)), "de": (("DIE BÜCHSE DER", 66), ("PANDORA", 150))},
            top=60,
            logo_ink="#f5e6cf",
        ),
        window=(-300, 500, 1600),
        tones=("#160a1e", "#f6dfd2"),
    ),
    "sunrise": Scene(
        draw=_sunrise,
        bill=Bill(
            hand=Hand(heavy=0.07, light=0.07, gap=0.24, cap="round"),
            ink="#ffe2a0",
            lines={"en": (("SUNRISE", 170),)},
            foot="A SONG OF TWO HUMANS · F. W. MURNAU 1927",
            logo_ink="#ffd892",
            top=120,
        ),
        window=(-300, 470, 1600),
        tones=("#1b1638", "#ffdca6"),
    ),
}
