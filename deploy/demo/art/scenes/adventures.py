"""Scenes of journeys, wars and nightmares: the Moon, a revolver, Babylon, a mask, a biplane, a butterfly."""

import math

from deploy.demo.art.lettering import Hand
from deploy.demo.art.scene import Bill, Scene
from deploy.demo.art.shapes import scallops, stars
from deploy.demo.art.sheet import Sheet, polar


def _moon(s: Sheet) -> None:
    night, deep, cream, butter, ochre, ink, rose = "#152049", "#0d1534", "#f8edcf", "#ead9a6", "#c9a860", "#1a1420", "#c9543f"
    s.flood(night)
    for r, fill in ((900, "#18264f"), (740, "#1d2e5c"), (600, "#24396c")):
        s.circle(500, 860, r, fill)
    s.burst(500, 860, 470, 1700, 40, 0.12, "#f8edcf", 0.1)
    stars(s, (-550, 20, 2100, 1300), 90, cream, seed=0.1)
    s.circle(500, 860, 404, ochre)
    s.circle(500, 860, 388, cream)
    with s.cut("mo", '<circle cx="500" cy="860" r="388"/>'):
        s.circle(430, 800, 400, "#fbf4de")
        for x, y, r in ((236, 760, 40), (300, 1060, 56), (760, 1070, 44), (690, 560, 36), (520, 530, 24), (180, 900, 26), (830, 900, 30), (380, 590, 30), (640, 1160, 34), (440, 1190, 22)):
            s.circle(x, y, r, butter)
            s.circle(x + r * 0.14, y + r * 0.14, r * 0.78, cream)
        # Brow, eye, nose, cheeks and a mouth that says "oh".
        s.path("M250 770 C300 700 400 690 452 760 C400 734 310 740 250 770 Z", ochre)
        s.path("M548 760 C600 690 700 700 750 770 C690 740 600 734 548 760 Z", ochre)
        s.path("M286 830 C320 784 400 784 432 836 C400 870 320 872 286 830 Z", "#ffffff")
        s.circle(372, 828, 25, ink)
        s.circle(380, 820, 8, "#ffffff")
        s.line("M280 834 C320 776 404 776 440 840", ink, 9, cap="round")
        s.line("M300 872 Q360 896 416 872", ochre, 8, cap="round")
        s.path("M480 790 C470 880 440 940 436 966 C436 1000 470 1010 500 1004 C530 1010 560 1000 558 968 C552 950 520 880 514 790 Z", butter)
        s.path("M446 990 C470 1010 530 1012 554 990 C540 1020 460 1020 446 990 Z", ochre)
        s.circle(290, 984, 74, "#f0c9a0", 0.7)
        s.circle(706, 984, 74, "#f0c9a0", 0.7)
        s.path("M414 1080 C450 1050 550 1050 590 1080 C584 1150 540 1176 500 1176 C460 1176 420 1150 414 1080 Z", "#7c2a26")
        s.path("M432 1084 C470 1064 536 1064 572 1084 L566 1104 C530 1092 474 1092 440 1104 Z", "#ffffff")
        s.path("M400 1080 C450 1036 552 1036 604 1080 C550 1062 452 1062 400 1080 Z", rose)
    # The shell, in the eye.
    s.path("M590 846 C600 786 690 776 724 836 C716 890 700 930 690 990 C682 1010 668 1000 668 980 C664 940 650 930 640 960 C632 1000 622 1010 612 990 C600 930 588 890 590 846 Z", ochre)
    s.path("M600 850 C606 800 686 790 714 838 C690 890 630 896 600 850 Z", "#8d3a2c")
    with s.placed("rotate(24 660 830)"):
        s.path("M588 836 L588 560 C588 520 630 500 660 500 C690 500 732 520 732 560 L732 836 C700 860 620 860 588 836 Z", "#3c4c74")
        s.path("M588 836 L588 560 C588 520 610 506 636 502 L636 852 C616 850 600 846 588 836 Z", "#7f91b8")
        s.path("M588 560 C588 520 630 500 660 500 C690 500 732 520 732 560 C700 584 620 584 588 560 Z", "#56689a")
        for y in (610, 700, 790):
            s.path(f"M588 {y} C620 {y + 22} 700 {y + 22} 732 {y} L732 {y + 14} C700 {y + 36} 620 {y + 36} 588 {y + 14} Z", rose)
            for x in (602, 630, 660, 690, 718):
                s.circle(x, y + 20, 4, butter)
        s.ring(660, 532, 24, butter, 5)
    # Below, the roofs and chimneys from which they came.
    s.path("M-600 1700 L-600 1430 L-420 1430 L-420 1370 L-300 1370 L-300 1440 L-120 1440 L-60 1390 L0 1440 L80 1440 L80 1400 L150 1400 L150 1450 L300 1450 L360 1404 L420 1450 L560 1450 L560 1420 L640 1420 L640 1456 L760 1456 L760 1396 L836 1396 L836 1440 L960 1440 L1020 1390 L1080 1440 L1200 1440 L1200 1380 L1320 1380 L1320 1440 L1600 1440 L1600 1700 Z", deep)


def _robbery(s: Sheet) -> None:
    rust, sand, cream, ink, sun, leather = "#c4502a", "#e9b05e", "#f6e6c4", "#1d1310", "#f3cf7e", "#6d3a20"
    s.bands(-100, (380, 140, 140, 150, 900), ("#8e2f1f", "#a83d22", rust, "#d56f35", sand))
    s.circle(500, 690, 400, sun)
    s.circle(500, 690, 340, cream)
    for points in (
        ((-600, 1100), (-600, 760), (-470, 760), (-430, 860), (-250, 860), (-220, 740), (-90, 740), (-60, 980), (60, 1100)),
        ((940, 1100), (1020, 900), (1040, 800), (1190, 800), (1230, 910), (1390, 910), (1410, 720), (1600, 720), (1600, 1100)),
    ):
        s.poly(points, "#8e2f1f")
    # The outlaw: hat, eyes in its shade, a scarf, a coat.
    s.path("M-80 1700 C-60 1400 120 1180 350 1110 L650 1110 C880 1180 1060 1400 1080 1700 Z", ink)
    s.path("M350 1110 L300 1180 L420 1560 L500 1560 L580 1560 L700 1180 L650 1110 Z", leather)
    s.path("M330 700 C320 860 350 1000 500 1080 C650 1000 680 860 670 700 Z", "#d99a68")
    s.path("M500 700 L670 700 C680 860 650 1000 500 1080 Z", "#b97748")
    s.path("M318 862 C400 900 600 900 682 862 C690 960 664 1080 640 1130 L500 1290 L360 1130 C336 1080 310 960 318 862 Z", "#8e2f1f")
    s.path("M500 890 C570 890 640 880 682 862 C690 960 664 1080 640 1130 L500 1290 Z", "#6b1f15")
    for row in range(4):
        for k in range(-3 + row // 2, 4 - row // 2):
            s.circle(500 + k * 46 + (23 if row % 2 else 0) - (23 if row % 2 else 0), 940 + row * 66, 9, cream)
    s.path("M350 800 Q410 776 466 812 L470 826 Q410 812 352 822 Z", ink)
    s.path("M650 800 Q590 776 534 812 L530 826 Q590 812 648 822 Z", ink)
    s.circle(416, 828, 14, ink)
    s.circle(584, 828, 14, ink)
    s.path("M320 760 L680 760 L676 800 Q500 846 324 800 Z", ink, 0.55)
    s.path("M60 690 C180 800 340 790 500 790 C660 790 820 800 940 690 C900 800 760 830 680 800 C620 780 560 774 500 774 C440 774 380 780 320 800 C240 830 100 800 60 690 Z", ink)
    s.path("M60 690 C200 790 340 760 352 740 C356 620 380 500 440 506 C470 510 480 540 500 540 C520 540 530 510 560 506 C620 500 644 620 648 740 C660 760 800 790 940 690 C880 840 640 800 500 800 C360 800 120 840 60 690 Z", ink)
    s.path("M352 700 Q500 750 648 700 L650 750 Q500 798 350 750 Z", "#8e2f1f")
    # And the revolver that he points at the house.
    s.path("M560 1420 C640 1400 760 1430 800 1500 L820 1700 L600 1700 Z", "#d99a68")
    s.path("M612 1300 L706 1330 L740 1480 L700 1600 L600 1600 Z", leather)
    s.circle(560, 1290, 128, "#2e2a2c")
    s.circle(560, 1290, 116, "#5b5a60")
    for k in range(6):
        cx, cy = polar(560, 1290, 76, k * 60 + 30)
        s.circle(cx, cy, 25, "#2e2a2c")
        s.circle(cx, cy, 15, sand)
    s.rect(524, 1120, 72, 140, "#3a383d")
    s.rect(550, 1086, 20, 60, "#2e2a2c")
    s.circle(560, 1190, 76, "#2e2a2c")
    s.circle(560, 1190, 68, "#7b7a80")
    s.circle(560, 1190, 50, "#2e2a2c")
    s.circle(560, 1190, 34, "#000000")
    s.line("M516 1152 A58 58 0 0 1 566 1132", cream, 7, cap="round")


def _intolerance(s: Sheet) -> None:
    teal, sand, stone, clay, umber, gold = "#15545c", "#f0d49a", "#d9a65c", "#b0653a", "#5c2b22", "#f6c350"
    s.flood(teal)
    s.burst(500, 700, 0, 1700, 34, 0.5, "#1c626a")
    s.circle(500, 640, 300, gold)
    s.circle(500, 640, 256, sand)
    # The walls of Babylon, tier on tier.
    tiers = ((1010, 700, 150), (860, 590, 150), (720, 480, 140), (590, 360, 130), (480, 240, 110))
    for y, half, h in reversed(tiers):
        s.rect(500 - half - 700 * (y > 800), y, half + 700 * (y > 800), h + 20, stone)
        s.rect(500, y, half + 700 * (y > 800), h + 20, clay)
        s.rect(500 - half - 700 * (y > 800), y, 2 * (half + 700 * (y > 800)), 14, umber)
        count = int(half / 44)
        for k in range(-count, count):
            x = 500 + k * 44 + 8
            s.path(f"M{x} {y + h} L{x} {y + 66} A14 14 0 0 1 {x + 28} {y + 66} L{x + 28} {y + h} Z", umber if k % 2 else "#7d4028")
            s.poly(((x - 4, y), (x + 6, y - 18), (x + 22, y - 18), (x + 32, y)), umber)
    s.path("M420 480 L420 400 A80 80 0 0 1 580 400 L580 480 Z", umber)
    s.path("M440 480 L440 404 A60 60 0 0 1 560 404 L560 480 Z", gold)
    # The great stair.
    for k in range(16):
        t = k / 16
        half, y = 90 + 260 * t + 60 * t * t, 900 + 40 * k
        s.rect(500 - half, y, half * 2, 41, sand if k % 2 else "#e2bd7c")
        s.rect(500 - half, y + 32, half * 2, 9, stone)
    for index, (x, y) in enumerate(((470, 1010), (520, 1060), (440, 1120), (560, 1150), (500, 1200), (420, 1230), (590, 1250), (486, 960), (516, 960))):
        s.rect(x - 5, y - 34, 10, 34, umber)
        s.circle(x, y - 40, 6, umber)
        if index % 3 == 0:
            s.strokes(((x + 12, y), (x + 12, y - 62)), umber, 3)
    # Elephants on columns, left and right.
    for side in (-1, 1):
        for far in (0, 1):
            x = 500 + side * (350 + far * 420)
            top = 700 - far * 40
            s.rect(x - 78, top, 78, 1000, sand)
            s.rect(x, top, 78, 1000, clay)
            for k in range(5):
                s.rect(x - 70 + k * 32, top + 60, 6, 900, umber, 0.45)
            s.rect(x - 104, top - 12, 208, 34, umber)
            s.rect(x - 94, top + 22, 188, 22, gold)
            for k in range(6):
                s.circle(x - 78 + k * 31, top + 33, 7, umber)
            _elephant(s, x, top - 12, side)
    s.rect(-600, 1310, 2200, 400, s.shade("in", ((0, umber, 0), (0.5, umber, 0.9), (1, "#3a1813", 1))))


def _elephant(s: Sheet, x: float, y: float, side: int) -> None:
    with s.placed(f"translate({x} {y}) scale({-side} 1)"):
        ivory, shade, ink = "#f7e8c8", "#cfa770", "#5c2b22"
        s.path("M-70 0 C-84 -70 -80 -150 -30 -176 C10 -192 60 -170 66 -110 L70 0 L30 0 L24 -54 L-20 -54 L-26 0 Z", ivory)
        s.path("M24 -54 L-20 -54 L-26 0 L-70 0 C-76 -30 -78 -60 -72 -90 C-50 -60 0 -70 24 -54 Z", shade)
        s.circle(40, -172, 52, ivory)
        s.path("M66 -210 C110 -230 120 -290 104 -330 C100 -350 74 -350 78 -328 C90 -290 70 -250 44 -220 Z", ivory)
        s.path("M20 -206 C-30 -220 -44 -150 0 -120 C26 -120 40 -170 20 -206 Z", shade)
        s.circle(62, -184, 6, ink)
        s.path("M70 -150 Q112 -150 118 -190 Q104 -168 76 -172 Z", "#ffffff")


def _phantom(s: Sheet) -> None:
    black, wine, crimson, ivory, gold, plum = "#120a10", "#5c0f1c", "#a81e2b", "#f4ead6", "#dba541", "#2c1020"
    s.flood(black)
    # One gilded arch within the other, as of a proscenium.
    for k, fill in enumerate((plum, gold, "#2a0a14", wine, gold, "#3c0a15", crimson)):
        half, top = 560 - k * 34, 380 + k * 34
        s.path(f"M{500 - half} 1700 L{500 - half} {top + half} A{half} {half} 0 0 1 {500 + half} {top + half} L{500 + half} 1700 Z", fill)
    for k in range(25):
        angle = 180 + k * 7.5
        s.circle(*polar(500, 940, 543, angle), 8, black)
    s.burst(500, 900, 0, 480, 36, 0.5, "#b92733", 0.6)
    # Curtains.
    for side in (-1, 1):
        for k in range(6):
            x0, x1 = 500 + side * (700 - k * 52), 500 + side * (640 - k * 52)
            s.path(f"M{x0} -100 L{x1} -100 C{x1} 500 {x1 + side * (60 + k * 16)} 800 {x1 + side * (120 + k * 40)} 1700 L{x0 + side * 200} 1700 Z", (wine, "#43101a")[k % 2], 0.0 if k > 4 else 1)
    # The cape, and above it the face: half mask, half what is under it.
    s.path("M500 1700 L60 1700 C90 1500 170 1330 330 1240 C290 1180 270 1120 282 1060 L430 1220 L500 1260 L570 1220 L718 1060 C730 1120 710 1180 670 1240 C830 1330 910 1500 940 1700 Z", black)
    s.path("M282 1060 L430 1220 L500 1260 L452 1330 L330 1240 C290 1180 270 1120 282 1060 Z", wine)
    s.path("M718 1060 L570 1220 L500 1260 L548 1330 L670 1240 C710 1180 730 1120 718 1060 Z", crimson)
    s.path("M500 640 C380 640 318 730 322 860 C326 1000 380 1130 440 1200 C470 1226 530 1226 560 1200 C620 1130 674 1000 678 860 C682 730 620 640 500 640 Z", black)
    s.path("M500 664 C398 664 344 744 346 860 C350 990 398 1110 450 1178 C470 1196 486 1200 500 1200 Z", ivory)
    s.path("M500 664 C398 664 344 744 346 860 C348 920 360 980 378 1030 C380 900 390 760 500 664 Z", "#d8c7a8")
    s.path("M392 850 C410 810 464 812 480 860 C470 900 414 904 392 850 Z", black)
    s.circle(438, 864, 10, gold)
    s.line("M380 800 Q430 764 484 812", black, 10, cap="round")
    s.path("M500 920 L470 990 C474 1010 490 1010 500 1004 Z", "#c9b48e")
    s.path("M430 1076 Q470 1060 500 1070 L500 1090 Q466 1086 430 1076 Z", crimson)
    # The bare half: sockets, teeth, bone.
    s.path("M500 664 C602 664 656 744 654 860 C650 990 602 1110 550 1178 C530 1196 514 1200 500 1200 Z", plum)
    s.path("M524 850 C544 800 610 806 622 862 C612 916 544 920 524 850 Z", black)
    s.circle(574, 864, 14, crimson)
    s.circle(574, 864, 6, gold)
    s.path("M500 920 L530 988 L514 1004 L500 990 Z", black)
    for k in range(5):
        s.rect(503 + k * 18, 1056 + k * 1.5, 14, 44 - k * 2, ivory)
    s.line("M640 930 C620 960 612 1000 606 1040 M612 780 C600 760 580 750 560 750", crimson, 6, cap="round")
    s.path("M318 820 C310 640 420 590 500 590 C580 590 690 640 682 820 C664 720 610 668 500 668 C390 668 336 720 318 820 Z", black)
    # Candles.
    for side in (-1, 1):
        x = 500 + side * 395
        s.rect(x - 5, 1130, 10, 500, gold)
        for k in (-1, 0, 1):
            cx, cy = x + k * 62, 1130 + abs(k) * 40
            s.line(f"M{cx} {cy} C{cx} {cy + 80} {x} {cy + 60} {x} {1250}", gold, 8)
            s.rect(cx - 12, cy - 80, 24, 84, ivory)
            s.path(f"M{cx} {cy - 150} C{cx + 26} {cy - 116} {cx + 16} {cy - 86} {cx} {cy - 84} C{cx - 16} {cy - 86} {cx - 26} {cy - 116} {cx} {cy - 150} Z", gold)
            s.circle(cx, cy - 104, 54, gold, 0.13)
    s.rect(-600, 1330, 2200, 300, s.shade("ph", ((0, black, 0), (1, black, 1))))


def _wings(s: Sheet) -> None:
    sky, pale, cream, red, navy, gold = "#2f7f93", "#5aa7b0", "#f6ead0", "#c93a28", "#16283a", "#eeb64d"
    s.flood(sky)
    s.burst(500, 780, 0, 1700, 30, 0.5, "#3a8fa0")
    s.circle(500, 780, 400, gold)
    s.circle(500, 780, 350, "#f5cf7f")
    for y, r, shift, fills in (
        (1130, 150, 60, ("#9fd0cf", pale, "#9fd0cf", pale, "#9fd0cf")),
        (1250, 180, -40, (cream, "#bfded6", cream, "#bfded6", cream)),
        (1400, 210, 90, (pale, sky, pale, sky, pale)),
        (1560, 240, -60, (navy, "#20384e", navy, "#20384e", navy)),
    ):
        scallops(s, y, r, fills, shift=shift)
        s.rect(-600, y - 1, 2200, 600, fills[0])
    for x, y, k in ((-180, 560, 0.9), (90, 480, 0.5), (930, 540, 0.62), (1210, 640, 1.0)):
        with s.placed(f"translate({x} {y}) scale({k}) rotate(-6)"):
            s.rect(-120, -20, 240, 9, navy)
            s.rect(-100, 16, 200, 8, navy)
            s.circle(0, 6, 17, navy)
            s.strokes(((-80, -16), (-70, 20)), navy, 4)
            s.strokes(((80, -16), (70, 20)), navy, 4)
            s.rect(-40, 34, 80, 6, navy)
    # The biplane, head on, banking a little.
    with s.placed("rotate(-7 500 860)"):
        for x in (-1, 1):
            for a, b in ((150, 130), (310, 296), (430, 410)):
                s.strokes(((500 + x * a, 726), (500 + x * b, 920)), navy, 10, cap="butt")
            s.strokes(((500 + x * 150, 730), (500 + x * 296, 916)), navy, 3)
            s.strokes(((500 + x * 310, 730), (500 + x * 130, 916)), navy, 3)
            s.strokes(((500 + x * 60, 720), (500 + x * 70, 800)), navy, 9)
        s.path("M-20 706 C200 686 800 686 1020 706 C1040 712 1040 732 1020 736 C800 746 200 746 -20 736 C-40 732 -40 712 -20 706 Z", red)
        s.path("M-20 722 C200 716 800 716 1020 722 L1020 736 C800 746 200 746 -20 736 Z", "#962517")
        s.path("M40 906 C240 890 760 890 960 906 C976 912 976 928 960 932 C760 942 240 942 40 932 C24 928 24 912 40 906 Z", red)
        s.path("M40 920 C240 914 760 914 960 920 L960 932 C760 942 240 942 40 932 Z", "#962517")
        for x in (90, 910):
            s.ellipse(x, 722, 66, 14, cream)
            s.ellipse(x, 722, 44, 9, navy)
            s.ellipse(x, 722, 20, 5, red)
        s.circle(500, 860, 132, navy)
        s.circle(500, 860, 120, cream)
        s.circle(500, 860, 96, navy)
        for k in range(9):
            cx, cy = polar(500, 860, 66, k * 40 - 90)
            s.circle(cx, cy, 24, "#3d566b")
            s.circle(cx, cy, 13, pale)
        s.circle(500, 860, 40, red)
        s.circle(500, 860, 200, cream, 0.16)
        s.ring(500, 860, 206, cream, 3, 0.5)
        for turn in (28, 208):
            with s.placed(f"rotate({turn} 500 860)"):
                s.path("M500 848 C560 826 640 830 712 852 L712 866 C640 884 560 880 500 872 Z", "#6d3a20")
        s.circle(500, 860, 20, gold)
        for side in (-1, 1):
            s.strokes(((500 + side * 60, 960), (500 + side * 130, 1060)), navy, 12)
            s.ellipse(500 + side * 136, 1068, 17, 50, navy)
            s.ellipse(500 + side * 136, 1068, 7, 22, cream)
        s.rect(370, 1062, 260, 9, navy)
        # The pilot.
        s.circle(500, 672, 42, "#6d3a20")
        s.path("M470 672 Q500 708 530 672 L530 690 Q500 724 470 690 Z", "#edc49b")
        s.path("M456 656 L544 656 L540 684 Q518 692 500 676 Q482 692 460 684 Z", navy)
        s.path("M464 661 L494 661 L490 678 Q474 684 466 678 Z", pale)
        s.path("M506 661 L536 661 L534 678 Q524 684 510 678 Z", pale)
        s.path("M520 706 C600 690 660 640 760 652 C700 668 640 720 540 726 Z", cream)
    s.rect(-600, 1380, 2200, 250, s.shade("wi", ((0, navy, 0), (1, navy, 0.9))))


def _all_quiet(s: Sheet) -> None:
    olive, moss, ochre, cream, ink, orange = "#5a5a34", "#37391f", "#c99a45", "#f1e2b8", "#17150d", "#d8621f"
    s.bands(-100, (400, 160, 150, 140, 130, 900), ("#8b8148", "#9d8d4c", "#b09a52", "#c2a757", "#d3b564", "#dcc173"))
    s.circle(500, 790, 310, cream, 0.4)
    s.circle(500, 790, 250, cream)
    s.path("M-600 1700 L-600 1080 C-380 1030 -200 1090 0 1050 C200 1010 330 1080 520 1060 C720 1040 860 1010 1040 1060 C1240 1100 1400 1030 1600 1070 L1600 1700 Z", olive)
    for x, h, lean in ((-420, 300, 20), (-250, 180, -16), (60, 330, 26), (150, 200, -20), (900, 360, -30), (1010, 210, 18), (1220, 280, 24), (1420, 190, -10)):
        s.poly(((x - 12, 1090), (x + 12, 1090), (x + lean + 4, 1090 - h), (x + lean - 3, 1090 - h)), moss)
        s.strokes(((x + lean * 0.5, 1090 - h * 0.55), (x + lean * 0.5 + 44, 1090 - h * 0.8)), moss, 6)
        s.strokes(((x + lean * 0.4, 1090 - h * 0.4), (x + lean * 0.4 - 36, 1090 - h * 0.62)), moss, 6)
    for x in (180, 330, 690, 800):
        s.strokes(((x - 30, 1060), (x + 30, 990)), moss, 8)
        s.strokes(((x + 30, 1060), (x - 30, 990)), moss, 8)
    s.path("M-600 1700 L-600 1240 C-300 1180 -60 1250 140 1230 C300 1214 420 1300 560 1300 C720 1290 820 1200 1000 1210 C1200 1220 1400 1170 1600 1230 L1600 1700 Z", moss)
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
    s.path("M-600 1700 L-600 1400 C-200 1340 100 1420 300 1380 C420 1360 560 1420 700 1400 C960 1370 1300 1420 1600 1360 L1600 1700 Z", ink)
    s.path(
        "M300 1500 C330 1400 372 1310 404 1240 C416 1190 420 1150 440 1112 C452 1084 470 1070 482 1040 C492 1000 498 950 516 908 "
        "C526 892 544 900 542 920 C536 960 530 1000 534 1030 C556 990 582 950 606 916 C620 900 638 914 630 934 C606 976 586 1016 574 1050 "
        "C600 1026 630 1000 656 982 C674 972 686 990 674 1006 C646 1036 616 1066 598 1094 C620 1082 642 1074 664 1070 C682 1070 684 1090 668 1098 "
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



SCENES = {
    "a-trip-to-the-moon": Scene(
        draw=_moon,
        bill=Bill(
            hand=Hand(heavy=0.22, light=0.08, gap=0.12),
            ink="#f8edcf",
            lines={
                "en": (("A TRIP TO", 92), ("THE MOON", 120)),
                "fr": (("LE VOYAGE", 92), ("DANS LA LUNE", 92)),
            },
            logo_ink="#f8edcf",
            top=70,
        ),
        window=(-300, 430, 1600),
        tones=("#141c44", "#f8edcf"),
    ),
    "the-great-train-robbery": Scene(
        draw=_robbery,
        bill=Bill(
            hand=Hand(heavy=0.24, light=0.24, gap=0.08),
            ink="#f6e6c4",
            lines={"en": (("THE GREAT", 70), ("TRAIN ROBBERY", 110))},
            logo_ink="#f3b75a",
            top=60,
        ),
        window=(-300, 480, 1600),
        tones=("#23120c", "#f6dfae"),
    ),
    "intolerance": Scene(
        draw=_intolerance,
        bill=Bill(
            hand=Hand(heavy=0.25, light=0.06, gap=0.1),
            ink="#f6c350",
            lines={"en": (("INTOLERANCE", 150),)},
            foot="LOVE'S STRUGGLE THROUGH THE AGES · 1916",
            foot_ink="#f0d49a",
            logo_ink="#f6c350",
            top=60,
            left=60,
            measure=880,
        ),
        window=(-300, 420, 1600),
        tones=("#3a1410", "#f8e3b0"),
    ),
    "the-phantom-of-the-opera": Scene(
        draw=_phantom,
        bill=Bill(
            hand=Hand(heavy=0.22, light=0.07, gap=0.12),
            ink="#dba541",
            lines={"en": (("THE PHANTOM", 110), ("OF THE OPERA", 72))},
            logo_ink="#e5b552",
            top=60,
        ),
        window=(-300, 500, 1600),
        tones=("#16060c", "#f4dcc6"),
    ),
    "wings": Scene(
        draw=_wings,
        bill=Bill(
            hand=Hand(heavy=0.2, light=0.2, gap=0.1, inline=0.045),
            ink="#f6ead0",
            second="#c93a28",
            lines={"en": (("WINGS", 200),)},
            foot="CLARA BOW · RICHARD ARLEN · BUDDY ROGERS",
            top=80,
        ),
        window=(-300, 460, 1600),
        tones=("#102536", "#f7ead0"),
    ),
    "all-quiet-on-the-western-front": Scene(
        draw=_all_quiet,
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
    ),
}
