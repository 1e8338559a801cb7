"""Scenes of the avant-garde: a bow, a lens, an eye, a hat, flames, a thousand desks."""

from deploy.demo.art.lettering import Hand
from deploy.demo.art.scene import Bill, Scene
from deploy.demo.art.shapes import almond, flame, scatter
from deploy.demo.art.sheet import Sheet, polar


def _potemkin(s: Sheet) -> None:
    red, dark, black, bone, grey = "#cf2a1e", "#9b1a14", "#15110f", "#f1e6cf", "#b7aa92"
    s.flood(red)
    s.poly(((-600, -100), (240, -100), (-600, 1100)), dark)
    s.poly(((1600, -100), (760, -100), (1600, 1100)), dark)
    s.poly(((500, 560), (-600, 1420), (-600, 1060)), bone, 0.14)
    s.poly(((500, 560), (1600, 1420), (1600, 1060)), bone, 0.14)
    # Superstructure and guns.
    s.rect(440, 520, 120, 420, black)
    s.rect(470, 430, 60, 100, black)
    s.rect(494, 330, 12, 110, black)
    s.strokes(((500, 372), (330, 560)), black, 4)
    s.strokes(((500, 372), (670, 560)), black, 4)
    s.poly(((506, 336), (506, 398), (636, 386), (606, 360), (640, 340)), bone)
    s.poly(((352, 700), (648, 700), (690, 960), (310, 960)), black)
    s.rect(386, 640, 228, 70, black)
    for side in (-1, 1):
        s.rect(500 + side * 70 - 14, 662, 28, 18, bone)
        s.poly(((500 + side * 60, 800), (500 + side * 60, 850), (500 + side * 330, 742), (500 + side * 322, 716)), black)
        s.poly(((500 + side * 60, 880), (500 + side * 60, 920), (500 + side * 310, 850), (500 + side * 304, 826)), black)
        s.circle(500 + side * 120, 850, 70, black)
        s.ring(500 + side * 120, 850, 54, grey, 6)
    # The bow, two planes of steel that meet at an edge.
    s.poly(((500, 850), (120, 960), (250, 1400), (500, 1560)), bone)
    s.poly(((500, 850), (880, 960), (750, 1400), (500, 1560)), grey)
    s.poly(((500, 850), (120, 960), (132, 1002), (500, 900)), black)
    s.poly(((500, 850), (880, 960), (868, 1002), (500, 900)), "#2a2420")
    s.poly(((196, 1216), (250, 1400), (500, 1560), (500, 1340)), red)
    s.poly(((804, 1216), (750, 1400), (500, 1560), (500, 1340)), dark)
    for side in (-1, 1):
        x = 500 + side * 190
        s.circle(x, 1070, 26, black)
        s.line(f"M{x} 1090 L{x} 1170 M{x - 44} 1130 Q{x - 36} 1180 {x} 1184 Q{x + 36} 1180 {x + 44} 1130", black, 13)
        for k in range(4):
            s.circle(500 + side * (92 + k * 62), 968 - 14 + k * 16, 10, black)
    # Black water, cut in wedges.
    s.poly(((-600, 1700), (-600, 1290), (-250, 1330), (60, 1280), (270, 1350), (500, 1540), (730, 1350), (940, 1280), (1250, 1330), (1600, 1290), (1600, 1700)), black)
    for side in (-1, 1):
        s.poly(((500 + side * 20, 1540), (500 + side * 250, 1368), (500 + side * 470, 1296), (500 + side * 300, 1400)), bone)
        s.poly(((500 + side * 120, 1520), (500 + side * 420, 1372), (500 + side * 720, 1330), (500 + side * 430, 1430)), grey)
        s.poly(((500 + side * 480, 1450), (500 + side * 760, 1390), (500 + side * 1080, 1380), (500 + side * 760, 1440)), bone, 0.6)


def _movie_camera(s: Sheet) -> None:
    cream, red, black, grey, blue = "#efe4cb", "#d4311f", "#16130f", "#8d8576", "#2f4d63"
    s.flood(cream)
    s.poly(((-600, 1700), (-600, 980), (1600, 250), (1600, 1700)), red)
    s.poly(((-600, 1700), (-600, 1500), (1600, 770), (1600, 1700)), black)
    s.burst(500, 800, 0, 1400, 48, 0.12, black, 0.1)
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
            s.circle(*polar(x, 470, r * 0.54, k * 120 + 20), r * 0.24, red if x < 500 else cream)
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


def _andalou(s: Sheet) -> None:
    night, deep, bone, grey, red, black = "#1b2c6b", "#101b46", "#f2ead6", "#aeb0b4", "#c4302b", "#0b0c14"
    s.flood(night)
    for k in range(16):
        s.rect(-600, -100 + k * 120, 2200, 60, deep, 0.35)
    s.path(almond(500, 860, 470, 290, 250), black)
    s.path(almond(500, 860, 446, 270, 230), bone)
    with s.cut("ca", f'<path d="{almond(500, 860, 446, 270, 230)}"/>'):
        s.path("M0 860 C260 560 740 560 1000 860 L1000 780 C740 520 260 520 0 780 Z", grey, 0.7)
        # The iris is the moon.
        s.circle(500, 850, 214, black)
        s.circle(500, 850, 200, "#e9c95c")
        s.circle(500, 850, 166, "#f6e3a0")
        for x, y, r in ((430, 790, 34), (560, 910, 44), (470, 920, 20), (585, 790, 18), (400, 880, 16)):
            s.circle(x, y, r, "#e3c878")
        s.circle(500, 850, 70, black)
        s.circle(526, 822, 20, bone)
    for k in range(-9, 10):
        x = 500 + k * 46
        y = 664 + 1.9 * k * k
        s.strokes(((x, y), (x + k * 9, y - 74 + abs(k) * 3)), black, 10)
    s.line("M40 868 C260 502 740 502 960 868", black, 20)
    # A razor, thin as the cloud that crosses the moon.
    with s.placed("rotate(-13 500 850)"):
        s.path("M-660 836 L690 822 L706 888 L-660 884 Z", bone)
        s.path("M-660 836 L690 822 L696 842 L-660 854 Z", grey)
        s.path("M690 818 L744 826 L748 880 L706 892 Z", black)
        s.path("M740 836 C880 800 1100 830 1600 760 L1600 830 C1120 900 900 880 744 872 Z", red)
        s.path("M740 850 C880 816 1100 846 1600 780 L1600 796 C1120 862 900 846 744 862 Z", "#8f1c1a")
        s.circle(756, 854, 9, bone)
    s.path("M506 935 C512 980 486 1000 490 1060 C494 1090 514 1090 514 1060 C514 1010 528 980 520 932 Z", red)
    # Ants.
    for index, (x, y) in enumerate(((180, 1200), (290, 1268), (420, 1228), (600, 1290), (730, 1220), (850, 1284), (110, 1310), (500, 1190), (930, 1180), (-120, 1240), (1130, 1250), (-300, 1180), (1290, 1190))):
        _ant(s, x, y, (index * 67) % 360, black if index % 4 else red)


def _ant(s: Sheet, x: float, y: float, turn: float, ink: str) -> None:
    with s.placed(f"translate({x} {y}) rotate({turn}) scale(0.9)"):
        s.ellipse(-26, 0, 20, 13, ink)
        s.ellipse(4, 0, 12, 8, ink)
        s.circle(26, 0, 11, ink)
        for side in (-1, 1):
            for a in (-16, 4, 22):
                s.strokes(((2, 0), (a, side * 22), (a - 8, side * 38)), ink, 4)
            s.strokes(((32, side * 5), (50, side * 20)), ink, 3)


def _napoleon(s: Sheet) -> None:
    blue, bone, red, black, gold = "#1f3a78", "#f0e6d0", "#c22f2a", "#121018", "#dfb04a"
    s.flood(bone)
    s.rect(-600, -100, 933, 1800, blue)
    s.rect(667, -100, 933, 1800, red)
    for k in range(30):
        s.strokes(((500, 760), polar(500, 760, 1800, k * 12)), black, 5, alpha=0.09)
    s.circle(500, 760, 330, gold)
    s.circle(500, 760, 296, bone)
    s.burst(500, 760, 0, 296, 24, 0.5, "#f6d98e")
    s.rect(-600, -100, 2200, 400, black)
    s.rect(-600, 300, 2200, 10, gold)
    # Bayonets of three screens full of soldiers.
    for k in range(-22, 45):
        x = k * 36 + 12 * ((k * 7) % 3)
        top = 1130 + 46 * ((k * 5) % 4) / 3
        s.rect(x, top, 5, 460, black)
        s.poly(((x - 3, top), (x + 2.5, top - 66), (x + 8, top)), bone if k % 2 else gold)
    # The hat, the collar, the coat.
    s.path("M500 1560 L60 1560 C70 1330 150 1180 330 1110 L420 1060 L580 1060 L670 1110 C850 1180 930 1330 940 1560 Z", black)
    s.path("M500 1560 L400 1560 C390 1400 400 1240 430 1120 L570 1120 C600 1240 610 1400 600 1560 Z", bone)
    s.path("M430 1110 L310 1140 L400 1330 L470 1210 Z", "#26335c")
    s.path("M570 1110 L690 1140 L600 1330 L530 1210 Z", "#26335c")
    s.path("M414 990 L586 990 L604 1110 C560 1176 440 1176 396 1110 Z", black)
    s.path("M440 1040 L560 1040 L574 1100 Q500 1150 426 1100 Z", bone)
    s.path("M396 850 C390 950 420 1040 470 1070 C490 1080 510 1080 530 1070 C580 1040 610 950 604 850 Z", "#e8c6a0")
    s.path("M500 850 L604 850 C610 950 580 1040 530 1070 C520 1075 510 1078 500 1078 Z", "#c99f78")
    s.path("M392 850 C400 900 410 930 418 950 C420 910 430 890 450 872 L550 872 C570 890 580 910 582 950 C590 930 600 900 608 850 Z", black)
    s.line("M432 924 L476 934 M568 924 L524 934", black, 9)
    s.circle(458, 946, 8, black)
    s.circle(542, 946, 8, black)
    s.line("M500 930 L490 996 L510 1000", "#9c7452", 5, join="round")
    s.line("M470 1030 Q500 1022 530 1030", "#7c3b2c", 7)
    s.path("M150 850 C180 700 330 560 500 556 C670 560 820 700 850 850 C860 896 820 900 780 884 C690 846 600 832 500 832 C400 832 310 846 220 884 C180 900 140 896 150 850 Z", black)
    s.line("M196 846 C260 760 380 704 500 700 C620 704 740 760 804 846", "#34303f", 6)
    s.circle(640, 740, 44, blue)
    s.circle(640, 740, 30, bone)
    s.circle(640, 740, 17, red)
    s.line("M640 784 L624 836", gold, 9)
    for side in (-1, 1):
        s.path(f"M{500 + side * 240} 1150 C{500 + side * 330} 1160 {500 + side * 400} 1220 {500 + side * 420} 1290 L{500 + side * 300} 1270 Z", gold)
    for row in range(4):
        s.circle(476, 1230 + row * 80, 9, gold)
        s.circle(524, 1230 + row * 80, 9, gold)
    s.rect(-600, 1360, 2200, 300, s.shade("np", ((0, black, 0), (1, black, 0.75))))


def _joan(s: Sheet) -> None:
    ash, bone, black, ember, amber, blood = "#cfc6b6", "#f5eee0", "#17120f", "#d9481c", "#f3a32f", "#7d1c14"
    s.flood(ash)
    s.poly(((500, -100), (-600, 1500), (1600, 1500)), bone, 0.5)
    s.burst(500, 640, 0, 1500, 20, 0.3, bone, 0.5)
    # The window's cross, thrown on the wall.
    s.rect(450, 330, 100, 1200, bone)
    s.rect(180, 560, 640, 100, bone)
    for base, width, height, fill, lean, step, start in (
        (1580, 330, 780, blood, 30, 196, -580),
        (1590, 260, 590, ember, -34, 168, -560),
        (1600, 190, 400, amber, 26, 132, -590),
    ):
        for k in range(-1, 16):
            x = start + k * step
            near = 1 - min(abs(x - 500) / 900, 1) * 0.5
            if abs(x - 500) < 130 and fill != amber:
                near *= 0.62
            s.path(flame(x, base, width, height * near * (0.84 + 0.16 * ((k * 5) % 4)), lean * (1 if k % 2 else -1)), fill)
    # Joan at the stake: cropped head lifted to the light.
    s.rect(452, 690, 84, 900, "#5a3a28")
    s.rect(494, 690, 42, 900, "#452a1c")
    s.path("M398 1500 C400 1330 392 1240 396 1130 C400 1060 440 1030 476 1018 L476 980 L540 980 L540 1018 C570 1030 604 1060 608 1130 C612 1240 600 1330 606 1500 Z", black)
    s.path("M440 890 C430 820 456 768 512 760 C570 756 600 800 594 852 C590 880 560 900 540 920 L534 1010 L478 1010 L478 950 C456 936 444 920 440 890 Z", bone)
    s.path("M478 960 C500 980 516 976 534 950 L534 1010 L478 1010 Z", ash)
    s.path("M470 900 C462 846 486 800 530 796 C572 796 590 830 586 866 C580 910 556 952 524 974 C500 980 478 950 470 900 Z", bone)
    s.path("M444 930 C410 860 436 760 512 748 C570 742 600 780 598 826 C570 806 530 806 514 836 C516 864 500 884 490 884 C486 904 484 930 478 956 C462 954 450 944 444 930 Z", "#2b1c14")
    s.line("M526 862 Q544 850 562 856", black, 6, cap="round")
    s.line("M520 846 Q544 830 570 838", black, 4, cap="round")
    s.line("M572 872 L584 892 L568 900", black, 4, join="round")
    s.line("M532 930 Q548 926 560 932", "#8c2d20", 6, cap="round")
    s.path("M544 872 C538 890 536 900 544 906 C552 900 550 890 544 872 Z", "#6c9ab0")
    s.line("M404 1180 Q500 1230 602 1180 M402 1240 Q500 1290 602 1240", ash, 13)
    s.rect(482, 1060, 14, 130, bone)
    s.rect(452, 1090, 74, 14, bone)
    s.path("M440 1150 C460 1130 500 1140 512 1170 C520 1200 480 1216 456 1200 Z", bone)
    for k in range(11):
        x = -500 + k * 200 + 20 * (k % 3)
        if abs(x - 500) > 60:
            s.path(flame(x, 1600, 150, 300 + 70 * ((k * 3) % 4) / 2, 20 - 15 * (k % 3)), amber)
    for x, y in scatter(46, 0.2):
        s.circle(-500 + x * 2000, 460 + y * 800, 2.5 + 4 * ((y * 9) % 1), ember if (x * 10) % 1 > 0.5 else amber)
    s.rect(-600, 1360, 2200, 260, s.shade("jo", ((0, blood, 0), (1, black, 0.8))))


def _crowd(s: Sheet) -> None:
    slate, deep, cream, mustard, black, steel = "#33485a", "#1d2a37", "#efe4ca", "#e9a92e", "#12161c", "#5f7a8c"
    s.flood(slate)
    s.poly(((500, 360), (-900, 1700), (1900, 1700)), deep)
    # The office tower, seen from the street: a wall of windows that runs to a point.
    for row in range(20):
        far, near = 1 - row / 20, 1 - (row + 0.62) / 20
        for k in range(-13, 13):
            y0, y1 = 420 + 620 * far**1.5, 420 + 620 * near**1.5
            w0, w1 = 34 + 76 * far**1.5, 34 + 76 * near**1.5
            lit = (row * 7 + k * 11) % 9 == 0
            s.poly(
                ((500 + k * w1 + w1 * 0.18, y1), (500 + (k + 1) * w1 - w1 * 0.18, y1), (500 + (k + 1) * w0 - w0 * 0.18, y0), (500 + k * w0 + w0 * 0.18, y0)),
                mustard if lit else steel,
                0.9 if lit else 0.75,
            )
    # Row upon row of hats, and one man who looks the other way.
    for row in range(8):
        t = row / 7
        y, size = 850 + 40 * row + 6 * row * row, 0.36 + 0.74 * t
        step = 190 * size
        fill = ("#6f8796", "#62798a", "#556c7d", "#485e70", "#3b5062", "#2e4254", "#223443", black)[row]
        count = int(1300 / step) + 2
        for k in range(-count, count + 1):
            x = 500 + (k + (0.5 if row % 2 else 0)) * step
            one = row == 4 and k == 1
            _clerk(s, x, y, size, mustard if one else fill, cream if one else "")


def _clerk(s: Sheet, x: float, y: float, size: float, fill: str, face: str) -> None:
    with s.placed(f"translate({x:.1f} {y:.1f}) scale({size:.3f})"):
        s.path("M-92 190 C-92 90 -60 62 -26 52 L26 52 C60 62 92 90 92 190 L92 420 L-92 420 Z", fill)
        s.ellipse(0, 6, 38, 48, face or fill)
        s.path("M-74 -12 Q0 12 74 -12 L74 -22 Q50 -28 46 -34 L40 -78 Q0 -94 -40 -78 L-46 -34 Q-50 -28 -74 -22 Z", fill)
        if face:
            s.rect(-46, -42, 92, 12, "#12161c")
            s.line("M-20 6 L-8 6 M8 6 L20 6", "#12161c", 5)
            s.line("M-12 32 Q0 26 12 32", "#12161c", 4)
            s.poly(((-14, 54), (14, 54), (0, 130)), face)


SCENES = {
    "battleship-potemkin": Scene(
        draw=_potemkin,
        bill=Bill(
            hand=Hand(heavy=0.27, light=0.27, gap=0.07),
            ink="#f1e6cf",
            lines={
                "en": (("BATTLESHIP", 86), ("POTEMKIN", 120)),
                "ru": (("БРОНЕНОСЕЦ", 86), ("ПОТЁМКИН", 120)),
            },
            logo_ink="#e8392b",
            top=60,
            left=70,
            measure=860,
        ),
        window=(-300, 560, 1600),
        tones=("#180f0d", "#f3d9b8"),
    ),
    "man-with-a-movie-camera": Scene(
        draw=_movie_camera,
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
    ),
    "un-chien-andalou": Scene(
        draw=_andalou,
        bill=Bill(
            hand=Hand(heavy=0.09, light=0.09, gap=0.2, cap="round"),
            ink="#f2ead6",
            lines={"en": (("UN CHIEN", 120), ("ANDALOU", 120))},
            foot="LUIS BUÑUEL · SALVADOR DALI · 1929",
            foot_ink="#e9c95c",
            top=80,
        ),
        window=(-300, 420, 1600),
        tones=("#0e1030", "#f2e7c9"),
    ),
    "napoleon": Scene(
        draw=_napoleon,
        bill=Bill(
            hand=Hand(heavy=0.24, light=0.07, gap=0.1),
            ink="#dfb04a",
            lines={"en": (("NAPOLÉON", 150),), "fr": (("NAPOLÉON", 150), ("VU PAR ABEL GANCE", 48))},
            logo_ink="#e8bd5c",
            top=55,
            left=60,
            measure=880,
        ),
        window=(-300, 520, 1600),
        tones=("#11142b", "#f4e1b6"),
    ),
    "the-passion-of-joan-of-arc": Scene(
        draw=_joan,
        bill=Bill(
            hand=Hand(heavy=0.1, light=0.1, gap=0.16),
            ink="#17120f",
            lines={
                "en": (("THE PASSION OF", 62), ("JOAN OF ARC", 120)),
                "fr": (("LA PASSION DE", 62), ("JEANNE D'ARC", 120)),
            },
            logo_ink="#f3a85a",
            top=80,
        ),
        window=(-300, 560, 1600),
        tones=("#1a0f0c", "#f5e9d6"),
    ),
    "the-crowd": Scene(
        draw=_crowd,
        bill=Bill(
            hand=Hand(heavy=0.16, light=0.16, gap=0.1),
            ink="#e9a92e",
            lines={"en": (("THE", 60), ("CROWD", 180))},
            logo_ink="#e9a92e",
            top=60,
        ),
        window=(-300, 560, 1600),
        tones=("#10161e", "#f0dfb6"),
    ),
}
