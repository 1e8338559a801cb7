"""Scenes of the comedies: a clock, a locomotive, a cabin on the brink, a doorstep, a screen one can walk into."""

from deploy.demo.art.lettering import Hand
from deploy.demo.art.scene import Bill, Scene
from deploy.demo.art.shapes import bowler, puffs, scatter
from deploy.demo.art.sheet import Sheet, polar


def _safety_last(s: Sheet) -> None:
    sky, deep, cream, navy, red, shade = "#79b8b0", "#4d948f", "#f7ead0", "#1c2a3a", "#d2452f", "#d9c6a0"
    s.flood(sky)
    s.burst(330, 640, 0, 1800, 28, 0.5, "#8cc5bc")
    # Streets far below and the towers around, falling away in perspective.
    for x, top, w in ((-560, 760, 150), (-380, 900, 130), (-220, 690, 150), (-50, 980, 120), (90, 860, 120)):
        s.rect(x, top, w, 900, deep)
        s.rect(x + w * 0.62, top, w * 0.38, 900, "#3f827f")
        for u, v in scatter(14, x * 0.01):
            s.rect(x + 14 + 26 * int(u * w / 30), top + 30 + 44 * int(v * 18), 12, 22, sky, 0.8)
    s.poly(((430, -100), (1600, -100), (1600, 1700), (560, 1700)), cream)
    s.poly(((430, -100), (470, -100), (610, 1700), (560, 1700)), shade)
    for k in range(12):
        y = 70 + k * 140
        s.poly(((460 + k * 9, y), (1600, y - 60), (1600, y - 44), (462 + k * 9, y + 16)), shade)
    for k in range(5):
        for j in range(4):
            x, y = 900 + j * 170, 120 + k * 330
            s.poly(((x, y), (x + 84, y - 5), (x + 84, y + 175), (x, y + 180)), navy)
            s.poly(((x + 8, y + 8), (x + 76, y + 4), (x + 76, y + 82), (x + 8, y + 86)), sky)
    s.circle(652, 836, 330, shade)
    s.circle(640, 820, 326, navy)
    s.circle(640, 820, 296, cream)
    s.ring(640, 820, 276, red, 8)
    for k in range(60):
        long = k % 5 == 0
        a, b = polar(640, 820, 214 if long else 244, k * 6), polar(640, 820, 258, k * 6)
        s.strokes((a, b), navy, 17 if long and k % 15 == 0 else 11 if long else 4, cap="butt")
    s.circle(640, 820, 26, navy)
    s.strokes(((640, 820), (600, 664)), navy, 24, cap="butt")
    # The long hand gives way under him.
    s.line("M640 820 C560 836 480 850 396 900", navy, 19)
    s.poly(((410, 874), (330, 944), (424, 930)), navy)
    s.circle(640, 820, 9, red)
    # The climber: suit, straw hat, legs in the air.
    s.strokes(((392, 918), (360, 985), (330, 1050)), navy, 30)
    s.strokes(((352, 930), (318, 990), (316, 1050)), navy, 30)
    s.circle(392, 912, 15, "#f3cfa8")
    s.circle(350, 924, 15, "#f3cfa8")
    s.path("M286 1056 C290 1030 330 1022 356 1038 C372 1090 366 1150 350 1196 L272 1190 C268 1140 272 1090 286 1056 Z", navy)
    s.strokes(((332, 1190), (372, 1270), (330, 1340)), navy, 34)
    s.strokes(((292, 1190), (262, 1280), (196, 1316)), navy, 34)
    s.strokes(((322, 1348), (360, 1352)), navy, 22)
    s.strokes(((196, 1312), (180, 1344)), navy, 22)
    s.circle(290, 1008, 36, "#f3cfa8")
    s.ring(278, 1002, 12, navy, 4)
    s.ring(304, 998, 12, navy, 4)
    s.line("M280 1022 Q290 1014 302 1020", navy, 4, cap="round")
    with s.placed("rotate(-24 282 974)"):
        s.ellipse(282, 978, 60, 11, "#e8c76a")
        s.rect(250, 938, 64, 38, "#e8c76a")
        s.rect(250, 960, 64, 14, red)


def _general(s: Sheet) -> None:
    navy, teal, cream, orange, rust, brass = "#14202e", "#2d6a74", "#f4e6c6", "#e8842c", "#a83c1d", "#e9b64c"
    s.flood(orange)
    s.burst(500, 980, 0, 1900, 26, 0.5, "#ee9740")
    s.circle(500, 960, 560, "#f3b35e", 0.6)
    # Smoke, swelling upwards to the left and right of the stack.
    for grow, fill in ((1.0, "#d9c7a4"), (0.84, cream)):
        puffs(s, ((500, 560, 80 * grow), (430, 500, 96 * grow), (330, 440, 112 * grow), (210, 420, 120 * grow), (70, 440, 140 * grow), (-110, 400, 170 * grow), (-330, 420, 190 * grow), (-540, 360, 200 * grow), (570, 520, 84 * grow), (650, 470, 90 * grow)), fill)
    s.poly(((-600, 1700), (-600, 1230), (1600, 1230), (1600, 1700)), rust)
    s.poly(((-600, 1240), (-600, 1170), (-260, 1080), (60, 1180), (340, 1130), (660, 1140), (960, 1090), (1240, 1180), (1600, 1090), (1600, 1240)), teal)
    s.poly(((180, 1700), (396, 1230), (604, 1230), (820, 1700)), "#7c2a14")
    for k in range(9):
        y = 1250 + k * k * 5.5 + k * 10
        half = 150 + (y - 1230) * 0.62
        s.rect(500 - half, y, half * 2, 9 + k * 2.4, navy)
    for side in (-1, 1):
        s.poly(((500 + side * 92, 1230), (500 + side * 106, 1230), (500 + side * 330, 1700), (500 + side * 286, 1700)), cream)
    s.rect(270, 700, 460, 300, navy)
    s.path("M250 700 L750 700 L720 652 L280 652 Z", teal)
    s.path("M432 600 L568 600 L548 740 L452 740 Z", navy)
    s.path("M380 470 L620 470 L584 610 L416 610 Z", navy)
    s.rect(370, 452, 260, 30, brass)
    s.circle(500, 930, 262, navy)
    s.circle(500, 930, 236, teal)
    s.path("M500 694 A236 236 0 0 1 500 1166 Z", "#225059")
    s.ring(500, 930, 249, brass, 10)
    for k in range(24):
        s.circle(*polar(500, 930, 214, k * 15), 7, brass)
    s.circle(500, 930, 168, navy)
    s.circle(500, 930, 150, rust)
    s.path("M500 780 A150 150 0 0 1 500 1080 Z", "#8a2d15")
    s.ring(500, 930, 150, brass, 6)
    s.circle(500, 930, 44, brass)
    s.circle(500, 930, 24, cream)
    s.rect(420, 640, 160, 116, navy)
    s.circle(500, 700, 66, brass)
    s.circle(500, 700, 50, cream)
    s.burst(500, 700, 0, 50, 12, 0.5, "#f7d68a")
    s.rect(190, 1130, 620, 66, rust)
    s.rect(190, 1130, 620, 14, brass)
    for side in (-1, 1):
        s.rect(500 + side * 255 - 34, 1086, 68, 60, navy)
        s.circle(500 + side * 255, 1112, 22, brass)
    for k in range(-7, 8):
        s.poly(((500 + k * 24 - 8, 1196), (500 + k * 24 + 8, 1196), (500 + k * 47 + 9, 1368), (500 + k * 47 - 9, 1368)), navy if k % 2 else brass)
    s.poly(((130, 1360), (870, 1360), (884, 1392), (116, 1392)), navy)
    # The engine driver, sitting on the buffer beam, as calm as ever.
    s.path("M700 1132 L700 1052 C700 1014 722 998 748 998 C776 998 796 1016 796 1052 L796 1132 Z", "#5b6b7a")
    s.strokes(((722, 1128), (716, 1180), (704, 1226)), "#3d4a58", 26)
    s.strokes(((772, 1128), (776, 1180), (786, 1226)), "#3d4a58", 26)
    s.strokes(((706, 1056), (690, 1100), (716, 1126)), "#5b6b7a", 22)
    s.strokes(((790, 1056), (806, 1100), (782, 1126)), "#5b6b7a", 22)
    s.circle(748, 962, 34, "#f3d3a8")
    s.path("M700 948 Q748 926 796 948 L796 956 Q748 940 700 956 Z", navy)
    s.rect(716, 914, 64, 32, navy)
    s.rect(716, 934, 64, 9, cream)
    s.circle(736, 964, 4, navy)
    s.circle(760, 964, 4, navy)
    s.rect(738, 979, 20, 3, navy)


def _gold_rush(s: Sheet) -> None:
    night, ice, snow, blue, gold, ink = "#1d3557", "#8fb9cc", "#f3f4ee", "#4b7ea1", "#eab543", "#1a1613"
    s.flood(night)
    s.burst(700, 640, 0, 1700, 32, 0.5, "#24416a")
    s.circle(700, 640, 190, gold)
    s.circle(700, 640, 154, "#f6d488")
    peaks = ((-420, 620, 420), (-80, 520, 430), (300, 640, 330), (980, 470, 470), (1380, 600, 420))
    for x, top, half in peaks:
        s.poly(((x, top), (x - half, 1300), (x + half, 1300)), blue)
        s.poly(((x, top), (x + half, 1300), (x + half * 0.1, 1300)), "#35648a")
        s.poly(((x, top), (x - half * 0.3, top + 200), (x - half * 0.12, top + 170), (x - half * 0.04, top + 240), (x + half * 0.1, top + 180), (x + half * 0.3, top + 200)), snow)
    s.path("M-600 1700 L-600 960 C-300 900 60 960 330 1000 C480 1024 600 1040 664 1078 C690 1110 640 1130 620 1180 C590 1270 640 1330 600 1420 C570 1500 590 1600 580 1700 Z", snow)
    s.path("M664 1078 C690 1110 640 1130 620 1180 C590 1270 640 1330 600 1420 C570 1500 590 1600 580 1700 L430 1700 C470 1560 420 1460 480 1350 C520 1270 480 1190 540 1120 Z", ice)
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
        s.path("M378 816 L506 650 Q520 634 540 636 L836 640 Q862 646 860 676 L856 700 Q760 690 700 706 Q640 724 560 700 Q520 716 480 764 Q430 800 378 816 Z", snow)
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
    for x, y in scatter(70, 0.4):
        s.circle(-500 + x * 2000, y * 1300, 3 + 5 * ((x * 7) % 1), snow, 0.8)


def _kid(s: Sheet) -> None:
    ink, cream, sun, brick, dark = "#221a16", "#f6ead0", "#f2b53c", "#b8452c", "#8d3120"
    s.flood(brick)
    for row in range(28):
        y = -60 + row * 62
        for k in range(19):
            x = -600 + k * 124 + (62 if row % 2 else 0)
            if (row * 5 + k * 3) % 4:
                s.rect(x + 4, y + 4, 116, 54, dark, 0.45 if (row + k) % 3 else 0.8)
    s.circle(500, 830, 470, dark)
    s.circle(500, 830, 440, sun)
    s.circle(500, 830, 400, "#f7cb63")
    s.rect(-600, 1290, 2200, 410, "#3a2a22")
    s.rect(-600, 1290, 2200, 16, "#5c4436")
    s.poly(((330, 1310), (60, 1700), (420, 1700), (470, 1310)), ink, 0.75)
    s.poly(((560, 1310), (470, 1700), (760, 1700), (660, 1310)), ink, 0.75)
    # The tramp, seen from behind: bowler, tight coat, wide trousers, cane.
    s.path("M352 1316 C340 1190 334 1090 346 990 L540 990 C556 1090 556 1190 540 1316 L462 1316 L444 1120 L430 1316 Z", "#4b3a31")
    s.path("M328 1030 C322 900 330 800 372 756 C410 736 480 736 516 756 C560 800 566 900 560 1030 C500 1056 390 1056 328 1030 Z", ink)
    s.strokes(((356, 790), (300, 900), (276, 1010)), ink, 56)
    s.strokes(((534, 790), (582, 900), (606, 1010)), ink, 54)
    s.circle(606, 1034, 24, "#f0c79d")
    s.circle(274, 1034, 24, "#f0c79d")
    s.line("M268 1020 C246 990 216 1000 220 1040 L204 1320", ink, 13, cap="round")
    s.path("M408 752 L406 706 C376 690 366 650 376 612 L512 612 C522 650 512 690 482 706 L480 752 Z", "#f0c79d")
    s.path("M372 640 C370 600 400 580 444 580 C488 580 518 600 516 640 C512 690 490 706 444 706 C398 706 376 690 372 640 Z", "#2d211c")
    bowler(s, 444, 606, 96, ink)
    s.path("M300 1316 Q330 1276 392 1290 Q428 1300 430 1326 L296 1326 Z", ink)
    s.path("M590 1316 Q560 1276 500 1290 Q462 1300 460 1326 L596 1326 Z", ink)
    # The kid: the cap too large, the trousers held by one strap.
    s.path("M626 1316 C620 1250 616 1200 626 1130 L742 1130 C754 1200 750 1250 744 1316 L694 1316 L686 1220 L674 1316 Z", ink)
    s.path("M620 1150 C614 1090 620 1050 646 1034 L724 1034 C750 1050 754 1090 748 1150 Z", cream)
    s.strokes(((700, 1040), (652, 1150)), ink, 15, cap="butt")
    s.strokes(((640, 1062), (616, 1040)), cream, 32)
    s.strokes(((730, 1056), (764, 1110), (756, 1160)), cream, 32)
    s.circle(756, 1172, 15, "#f0c79d")
    s.circle(686, 990, 46, "#2d211c")
    s.path("M616 976 C610 920 650 896 690 900 C734 900 764 930 756 976 C720 992 660 992 616 976 Z", "#7a5a3a")
    s.path("M612 972 Q684 1004 760 970 L770 988 Q690 1018 606 988 Z", "#5a3f27")
    s.circle(688, 902, 9, "#5a3f27")
    s.path("M610 1316 Q640 1290 680 1310 L682 1328 L606 1328 Z", ink)
    s.path("M764 1316 Q734 1290 692 1310 L690 1328 L770 1328 Z", ink)


def _sherlock(s: Sheet) -> None:
    ink, navy, cream, amber, plum = "#12131c", "#1e2340", "#f8efd6", "#f0b64a", "#6a2743"
    s.flood(navy)
    s.rect(-600, 380, 2200, 40, plum)
    for k in range(27):
        x = -600 + k * 84
        s.path(f"M{x} 420 L{x} 1240 Q{x + 21} 1260 {x + 42} 1240 L{x + 42} 420 Z", plum)
        s.rect(x + 42, 420, 42, 820, "#511b33")
    s.poly(((70, 450), (930, 450), (900, 1110), (100, 1110)), ink)
    s.poly(((100, 478), (900, 478), (874, 1084), (126, 1084)), cream)
    # What is on the screen: a street, a sun, a parting of the ways.
    with s.cut("sj", '<polygon points="100,478 900,478 874,1084 126,1084"/>'):
        s.burst(700, 760, 0, 900, 32, 0.5, "#f2dfb4")
        s.circle(700, 760, 130, amber)
        s.poly(((60, 1100), (60, 640), (210, 560), (210, 1100)), "#d7b98a")
        s.poly(((210, 1100), (210, 620), (330, 690), (330, 1100)), "#b98f63")
        for k in range(3):
            s.rect(96, 690 + k * 110, 40, 60, ink, 0.6)
            s.rect(152, 674 + k * 110, 34, 60, ink, 0.6)
        s.poly(((100, 1100), (560, 900), (640, 900), (900, 1100)), "#c9a06e")
    # The beam from the booth.
    s.poly(((500, 1560), (126, 1084), (874, 1084)), amber, 0.2)
    s.poly(((500, 1560), (300, 1084), (700, 1084)), amber, 0.2)
    s.rect(-600, 1240, 2200, 460, ink)
    s.poly(((500, 1580), (215, 1240), (785, 1240)), amber, 0.22)
    for row, (y, r, step) in enumerate(((1300, 40, 118), (1390, 52, 150))):
        for k in range(-6, 8):
            x = 500 + (k + (0.5 if row else 0)) * step
            s.circle(x, y, r * 0.8, "#23263a" if row == 0 else "#0a0b12")
            s.path(f"M{x - r * 1.3} {y + r * 2.6} C{x - r * 1.3} {y + r * 0.9} {x + r * 1.3} {y + r * 0.9} {x + r * 1.3} {y + r * 2.6} Z", "#23263a" if row == 0 else "#0a0b12")
    # He steps through the frame: a shadow where there is light, light where there is none.
    figure = (
        "M520 1240 L500 1090 L470 960 C430 900 430 800 478 764 L482 740 C452 722 446 676 462 650 L436 648 L436 634 L470 630 "
        "L474 588 Q520 572 566 588 L570 630 L604 634 L604 648 L578 650 C594 676 588 722 558 740 L562 764 C610 786 622 840 616 900 "
        "L700 830 L770 780 L790 806 L724 866 L610 970 L596 1000 L640 1080 L700 1240 L640 1240 L560 1100 L566 1240 Z"
    )
    s.path(figure, ink)
    with s.cut("sk", '<rect x="-600" y="1084" width="2200" height="600"/>'):
        s.path(figure, cream)
    s.ring(820, 742, 74, ink, 17)
    s.circle(820, 742, 66, "#ffffff", 0.55)
    s.strokes(((784, 800), (742, 866)), ink, 20)
    s.line("M784 716 A48 48 0 0 1 826 694", cream, 9, cap="round")


SCENES = {
    "safety-last": Scene(
        draw=_safety_last,
        bill=Bill(
            hand=Hand(heavy=0.23, light=0.23, gap=0.1, lean=0.16),
            ink="#d2452f",
            lines={"en": (("SAFETY", 120), ("LAST!", 160))},
            logo_ink="#f25c43",
            top=50,
            left=60,
            measure=520,
        ),
        window=(-420, 520, 1500),
        tones=("#152436", "#f7ead0"),
    ),
    "the-general": Scene(
        draw=_general,
        bill=Bill(
            hand=Hand(heavy=0.24, light=0.24, gap=0.08, inline=0.04),
            ink="#14202e",
            second="#f4e6c6",
            lines={"en": (("THE", 54), ("GENERAL", 150))},
            logo_ink="#f0a54a",
            top=50,
        ),
        window=(-300, 470, 1600),
        tones=("#171c28", "#f6d9a4"),
    ),
    "the-gold-rush": Scene(
        draw=_gold_rush,
        bill=Bill(
            hand=Hand(heavy=0.2, light=0.2, gap=0.1),
            ink="#eab543",
            lines={"en": (("THE GOLD", 110), ("RUSH", 170))},
            logo_ink="#eab543",
            top=70,
        ),
        window=(-300, 490, 1600),
        tones=("#142741", "#f5f1df"),
    ),
    "the-kid": Scene(
        draw=_kid,
        bill=Bill(
            hand=Hand(heavy=0.3, light=0.1, gap=0.1),
            ink="#f6ead0",
            lines={"en": (("THE KID", 180),)},
            foot="CHARLIE CHAPLIN · JACKIE COOGAN · 1921",
            foot_ink="#f2b53c",
            top=80,
        ),
        window=(-300, 500, 1600),
        tones=("#241311", "#f8deae"),
    ),
    "sherlock-jr": Scene(
        draw=_sherlock,
        bill=Bill(
            hand=Hand(heavy=0.12, light=0.12, gap=0.14, cap="round"),
            ink="#f0b64a",
            lines={"en": (("SHERLOCK", 150), ("JR.", 90))},
            top=70,
            logo_ink="#f0b64a",
        ),
        window=(-300, 420, 1600),
        tones=("#13122a", "#f8efd6"),
    ),
}
