"""Scenes of the serials: a giant over the roofs, a question in red, a balloon, a cape."""

from deploy.demo.art.lettering import Hand
from deploy.demo.art.scene import Bill, Scene
from deploy.demo.art.shapes import almond, puffs, scallops, stars
from deploy.demo.art.sheet import Sheet


def _fantomas(s: Sheet) -> None:
    night, blue, glow, ink, ivory, red = "#101c2c", "#1f4257", "#e8a04a", "#0a0c12", "#f2e4c4", "#b3242a"
    s.bands(-100, (420, 180, 170, 160, 150, 140, 700), (night, "#152a3e", blue, "#3a5560", "#7f6a50", "#bd7a3e", glow))
    stars(s, (-550, 0, 2100, 500), 46, ivory, seed=0.45)
    s.circle(770, 520, 120, ivory)
    s.circle(740, 500, 104, "#152a3e", 0.12)
    for row, (base, fill) in enumerate(((1230, "#5a3a3a"), (1330, "#35262f"), (1450, "#1c1620"))):
        for k in range(16):
            x = -600 + k * 146 + row * 44
            h = 70 + 80 * ((k * 7 + row * 3) % 5) / 4
            s.poly(((x, 1700), (x, base - h * 0.5), (x + 22, base - h), (x + 110, base - h), (x + 146, base - h * 0.5), (x + 146, 1700)), fill)
            s.rect(x + 96, base - h - 44, 17, 50, fill)
            s.rect(x + 34, base - h - 30, 12, 34, fill)
            for j in range(2):
                if (k + j + row) % 3:
                    s.rect(x + 34 + j * 46, base - h * 0.5 + 26, 20, 30, glow, 0.9)
    # Monsieur himself: hat, mask, tails, one foot on the roofs, the dagger behind him.
    s.path("M400 1500 C392 1380 380 1260 384 1130 L330 1130 C326 1000 330 880 372 800 L430 762 L570 762 L628 800 C670 880 676 1000 668 1110 L620 1130 C628 1260 700 1330 760 1400 L700 1470 C600 1400 540 1330 512 1240 C500 1330 500 1420 496 1500 Z", ink)
    s.path("M384 1100 C360 1190 340 1260 322 1330 C380 1300 420 1240 450 1130 Z", ink)
    s.path("M636 1090 C660 1170 700 1240 746 1290 C680 1280 620 1220 590 1130 Z", ink)
    s.path("M468 760 L532 760 L520 1010 L500 1040 L480 1010 Z", ivory)
    s.path("M500 780 L470 760 L474 798 Z M500 780 L530 760 L526 798 Z", ink)
    for y in (850, 910, 970):
        s.circle(500, y, 6, ink)
    s.path("M430 762 L470 760 L486 1000 L400 860 Z", "#1b2230")
    s.path("M570 762 L530 760 L514 1000 L600 860 Z", "#1b2230")
    s.path("M434 590 C432 690 452 750 500 772 C548 750 568 690 566 590 Z", "#e6c39a")
    s.path("M500 590 L566 590 C568 690 548 750 500 772 Z", "#c29a70")
    s.path("M426 606 C460 596 540 596 574 606 C578 650 560 668 536 664 C520 660 512 646 500 644 C488 646 480 660 464 664 C440 668 422 650 426 606 Z", ink)
    s.path(almond(464, 628, 20, 9, 9), ivory)
    s.path(almond(536, 628, 20, 9, 9), ivory)
    s.circle(466, 628, 6, red)
    s.circle(534, 628, 6, red)
    s.line("M472 716 Q500 708 528 716", ink, 6, cap="round")
    s.path("M424 590 L430 388 Q500 366 570 388 L576 590 Z", ink)
    s.path("M426 560 L574 560 L575 590 L425 590 Z", red)
    s.path("M350 590 Q500 640 650 590 Q640 566 600 570 Q500 596 400 570 Q360 566 350 590 Z", ink)
    s.path("M372 800 C310 850 262 930 250 1010 C246 1060 280 1080 310 1060 L352 950 Z", ink)
    s.path("M628 800 C690 820 760 800 806 750 L846 700 L880 730 C860 800 780 880 660 900 Z", ink)
    s.circle(866, 708, 34, ivory)
    s.poly(((852, 690), (900, 700), (996, 520), (978, 508)), "#dfe3e6")
    s.poly(((852, 690), (876, 695), (990, 516), (978, 508)), "#9aa7b0")
    s.strokes(((834, 668), (908, 716)), red, 14)
    s.circle(290, 1066, 30, ivory)
    for x in (110, -340, 1210):
        s.poly(((x - 70, 1260), (x - 18, 1010), (x - 5, 820), (x + 5, 820), (x + 18, 1010), (x + 70, 1260), (x + 40, 1260), (x, 1120), (x - 40, 1260)), "#35262f")
        s.rect(x - 34, 1060, 68, 12, "#35262f")
        s.rect(x - 20, 980, 40, 9, "#35262f")
    s.rect(-600, 1340, 2200, 300, s.shade("fa", ((0, ink, 0), (1, ink, 1))))


def _vampires(s: Sheet) -> None:
    black, red, ivory, grey, violet = "#0d0b10", "#c9202b", "#f3e9d6", "#5b5566", "#211a2b"
    s.flood(violet)
    s.burst(500, 800, 0, 1700, 44, 0.5, "#2a2136")
    # A question mark as large as the sheet.
    s.line("M226 720 A278 278 0 1 1 640 962 C560 1010 520 1060 520 1150", red, 128, cap="butt")
    s.circle(520, 1296, 84, red)
    s.line("M226 720 A278 278 0 1 1 640 962 C560 1010 520 1060 520 1150", "#8f121d", 26, cap="butt")
    # Irma Vep: the hood leaves the eyes free.
    s.path("M500 460 C378 460 316 560 320 690 C324 800 372 900 430 960 L424 1040 C300 1080 190 1180 150 1340 L130 1700 L870 1700 L850 1340 C810 1180 700 1080 576 1040 L570 960 C628 900 676 800 680 690 C684 560 622 460 500 460 Z", black)
    s.path("M352 650 C400 610 600 610 648 650 C656 720 640 770 604 784 C560 792 530 770 500 766 C470 770 440 792 396 784 C360 770 344 720 352 650 Z", ivory)
    s.path("M500 626 C560 624 620 630 648 650 C656 720 640 770 604 784 C560 792 530 770 500 766 Z", "#d9c5a8")
    for side in (-1, 1):
        cx = 500 + side * 82
        s.path(almond(cx, 708, 56, 30, 22), "#fffdf4")
        s.path(almond(cx, 702, 62, 38, 4), black, 0.85)
        s.path(almond(cx, 712, 50, 20, 20), "#fffdf4")
        s.circle(cx - 6, 708, 22, black)
        s.circle(cx + 2, 700, 6, ivory)
        s.line(f"M{cx - 64} 660 Q{cx - side * 4} 630 {cx + 64} {656}", black, 10, cap="round")
    s.path("M486 766 L500 800 L514 766 Z", "#d9c5a8")
    s.line("M300 620 C310 540 380 486 470 478", grey, 6, cap="round", alpha=0.8)
    s.path("M424 1040 C470 1076 530 1076 576 1040 L584 1064 C530 1104 470 1104 416 1064 Z", grey, 0.6)
    s.line("M190 1330 C240 1200 330 1120 430 1090", grey, 7, cap="round", alpha=0.7)
    s.line("M810 1330 C760 1200 670 1120 570 1090", grey, 7, cap="round", alpha=0.7)
    # Bats.
    for x, y, k in ((130, 520, 1.0), (880, 470, 0.8), (910, 960, 0.9), (70, 1000, 0.7), (-260, 700, 1.2), (1270, 760, 1.2), (-120, 1100, 0.8), (1150, 1080, 0.7)):
        with s.placed(f"translate({x} {y}) scale({k})"):
            s.path("M0 -22 L8 -34 L14 -14 C50 -50 90 -46 118 -20 C96 -22 84 -8 80 10 C64 -4 50 2 42 20 C30 8 14 12 0 34 C-14 12 -30 8 -42 20 C-50 2 -64 -4 -80 10 C-84 -8 -96 -22 -118 -20 C-90 -46 -50 -50 -14 -14 L-8 -34 Z", black)
    s.rect(-600, 1340, 2200, 300, s.shade("va", ((0, black, 0), (1, black, 1))))


def _pauline(s: Sheet) -> None:
    aqua, coral, cream, ink, gold, green = "#4fb0ae", "#e25b45", "#fbf0d8", "#22303a", "#f2bd4d", "#2b6b62"
    s.flood(aqua)
    s.burst(500, 640, 0, 1700, 32, 0.5, "#5cbab6")
    for x, y, k in ((-250, 560, 1.1), (120, 900, 0.7), (890, 620, 0.9), (1200, 860, 1.2), (820, 1010, 0.6), (-100, 1080, 0.8)):
        puffs(s, ((x, y, 60 * k), (x + 74 * k, y - 22 * k, 74 * k), (x + 150 * k, y, 58 * k)), cream, 0.9)
        s.rect(x - 60 * k, y, 268 * k, 60 * k, cream, 0.9)
        s.rect(x - 62 * k, y + 30 * k, 272 * k, 32 * k, aqua)
    # The balloon in gores of two colours.
    s.path("M500 350 C250 350 190 560 230 720 C262 850 380 930 440 1010 L560 1010 C620 930 738 850 770 720 C810 560 750 350 500 350 Z", coral)
    for width, fill in ((0.82, cream), (0.56, coral), (0.27, cream)):
        b, c = 270 * width, 60 * width
        left, right = 500 - b, 500 + b
        s.path(f"M500 350 C{left - 40 * width} 360 {left - 40 * width} 600 {left} 720 C{500 - b * 0.88} 850 {500 - c * 1.8} 930 {500 - c} 1010 L{500 + c} 1010 C{500 + c * 1.8} 930 {500 + b * 0.88} 850 {right} 720 C{right + 40 * width} 600 {right + 40 * width} 360 500 350 Z", fill)
    s.path("M222 660 C380 720 620 720 778 660 L774 700 C620 762 380 762 226 700 Z", ink)
    for k in range(11):
        x = 268 + k * 46.4
        s.circle(x, 694 + 22 * (1 - ((k - 5) / 5) ** 2), 11, gold)
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
    s.path("M584 1236 C578 1196 640 1190 640 1228 C660 1240 690 1236 716 1250 C680 1262 650 1256 632 1250 C636 1232 606 1222 584 1236 Z", "#6a3a1c")
    s.path("M560 1216 Q610 1180 664 1212 L660 1222 Q610 1198 564 1226 Z", gold)
    # Rocks, and water far below.
    s.path("M-600 1700 L-600 1000 L-420 960 L-300 1020 L-180 1000 L-60 1120 L40 1140 L110 1280 L200 1320 L260 1480 L380 1560 L400 1700 Z", green)
    s.path("M-600 1700 L-600 1160 L-440 1100 L-320 1180 L-200 1160 L-80 1290 L20 1300 L80 1440 L200 1490 L260 1700 Z", "#1e4f4a")
    s.path("M1600 1700 L1600 1060 L1460 1020 L1340 1100 L1240 1080 L1120 1220 L1010 1240 L960 1380 L860 1420 L800 1560 L760 1700 Z", green)
    s.path("M1600 1700 L1600 1220 L1480 1180 L1360 1260 L1240 1240 L1140 1370 L1060 1400 L1000 1510 L900 1560 L880 1700 Z", "#1e4f4a")
    scallops(s, 1560, 70, (ink, green, ink), shift=20)
    s.rect(-600, 1556, 2200, 200, ink)
    for x, y in ((180, 460), (150, 500), (860, 420), (830, 470), (-200, 420), (1180, 480)):
        s.line(f"M{x - 26} {y - 8} Q{x - 12} {y - 20} {x} {y} Q{x + 12} {y - 20} {x + 26} {y - 8}", ink, 5, cap="round")


def _judex(s: Sheet) -> None:
    pine, dark, silver, ivory, ink, violet = "#1f4036", "#0f2520", "#a9b8ac", "#f0ead2", "#0a0e0f", "#5b2a5e"
    s.flood(dark)
    s.circle(500, 660, 900, "#142d27")
    s.circle(500, 660, 680, "#1a382f")
    s.circle(500, 660, 480, pine)
    s.circle(500, 620, 300, ivory)
    for x, y, r in ((420, 560, 40), (560, 700, 56), (610, 540, 26), (470, 740, 24)):
        s.circle(x, y, r, "#dcd6b8")
    for x, h, w in ((-480, 900, 90), (-300, 700, 80), (-130, 980, 100), (60, 760, 84), (150, 560, 70), (860, 620, 74), (950, 860, 90), (1120, 1000, 100), (1290, 760, 84), (1460, 920, 96)):
        s.path(f"M{x - w} 1700 C{x - w} {1560 - h * 0.5} {x - w * 0.2} {1500 - h * 0.9} {x} {1480 - h} C{x + w * 0.2} {1500 - h * 0.9} {x + w} {1560 - h * 0.5} {x + w} 1700 Z", ink)
        s.path(f"M{x - w} 1700 C{x - w} {1560 - h * 0.5} {x - w * 0.2} {1500 - h * 0.9} {x} {1480 - h} C{x - w * 0.1} {1500 - h * 0.7} {x - w * 0.4} {1560 - h * 0.4} {x - w * 0.3} 1700 Z", "#123028")
    # The cape: closed on one side, thrown open on the other.
    s.path("M500 740 C400 750 330 800 300 900 C240 1080 180 1300 120 1700 L880 1700 C840 1400 900 1180 980 1020 C860 1000 760 940 690 860 C650 790 590 746 500 740 Z", ink)
    s.path("M640 870 C740 960 850 1020 950 1034 C880 1180 830 1390 850 1700 L560 1700 C600 1400 640 1120 640 870 Z", violet)
    s.path("M640 870 C700 960 770 1010 830 1040 C760 1220 720 1440 730 1700 L560 1700 C600 1400 640 1120 640 870 Z", "#431d47")
    s.path("M470 780 L560 790 L610 1000 L600 1700 L440 1700 L430 1000 Z", "#161c1e")
    s.path("M490 800 L548 800 L530 960 L516 980 L504 960 Z", ivory)
    s.path("M519 820 L490 800 L494 838 Z M519 820 L548 800 L544 838 Z", ink)
    for y in (1040, 1110, 1180):
        s.circle(488, y, 9, silver)
        s.circle(556, y, 9, silver)
    s.path("M420 560 C416 680 450 780 516 800 C582 780 612 680 606 560 Z", "#e9cfa8")
    s.path("M420 560 C416 680 450 780 516 800 C490 740 480 660 486 560 Z", "#bd9c74")
    s.path("M420 600 L606 600 L608 640 Q512 660 420 640 Z", ink, 0.6)
    s.path(almond(472, 640, 24, 9, 9), ivory)
    s.path(almond(556, 640, 24, 9, 9), ivory)
    s.circle(476, 640, 8, ink)
    s.circle(552, 640, 8, ink)
    s.line("M516 646 L506 704 L524 708", "#8f7350", 5, join="round")
    s.line("M478 744 Q514 736 550 744", "#6b3a2c", 6, cap="round")
    s.path("M250 560 C360 640 660 640 780 540 C740 520 680 540 620 548 C612 480 600 420 560 412 C530 408 520 430 506 430 C490 430 470 404 444 416 C410 430 404 490 402 552 C350 548 290 530 250 560 Z", ink)
    s.path("M402 520 Q510 560 618 516 L621 550 Q510 596 401 554 Z", violet)
    s.path("M500 740 C430 748 380 780 352 830 L470 900 L506 800 Z", ink)
    s.path("M500 740 C560 742 620 770 660 830 L570 900 L530 800 Z", ink)
    # His dogs.
    for x, k, flip in ((190, 1.0, 1), (330, 0.86, 1), (-230, 1.1, 1), (1210, 1.1, -1)):
        with s.placed(f"translate({x} 1400) scale({k * flip} {k})"):
            s.path("M-90 110 C-96 10 -70 -60 -30 -90 C-24 -130 -6 -164 20 -172 L30 -206 L48 -176 L62 -204 L70 -166 C92 -156 128 -146 132 -130 C128 -112 96 -112 76 -106 C62 -60 66 20 70 110 Z", "#1d2a2a")
            s.circle(66, -144, 6, ivory)
            s.line("M-6 -106 Q30 -84 70 -100", violet, 11)
    s.rect(-600, 1330, 2200, 300, s.shade("ju", ((0, ink, 0), (1, ink, 1))))


SCENES = {
    "fantomas": Scene(
        draw=_fantomas,
        bill=Bill(
            hand=Hand(heavy=0.22, light=0.22, gap=0.08),
            ink="#f2e4c4",
            lines={"en": (("FANTÔMAS", 150),), "fr": (("FANTÔMAS", 150), ("FILM DE LOUIS FEUILLADE", 34))},
            logo_ink="#e8a04a",
            top=60,
        ),
        window=(-300, 440, 1600),
        tones=("#0c1220", "#f2d9ac"),
    ),
    "the-perils-of-pauline": Scene(
        draw=_pauline,
        bill=Bill(
            hand=Hand(heavy=0.17, light=0.17, gap=0.12, cap="round"),
            ink="#22303a",
            lines={"en": (("THE PERILS OF", 70), ("PAULINE", 124))},
            logo_ink="#f2bd4d",
            top=60,
        ),
        window=(-300, 560, 1600),
        tones=("#17303a", "#fbf0d8"),
    ),
    "les-vampires": Scene(
        draw=_vampires,
        bill=Bill(
            hand=Hand(heavy=0.26, light=0.07, gap=0.11),
            ink="#f3e9d6",
            lines={"en": (("LES", 60), ("VAMPIRES", 150))},
            logo_ink="#e0323c",
            top=50,
        ),
        window=(-300, 430, 1600),
        tones=("#12081a", "#f3e3d6"),
    ),
    "judex": Scene(
        draw=_judex,
        bill=Bill(
            hand=Hand(heavy=0.2, light=0.2, gap=0.14, inline=0.03),
            ink="#f0ead2",
            second="#0f2520",
            lines={"en": (("JUDEX", 170),)},
            logo_ink="#f0ead2",
            top=80,
        ),
        window=(-300, 440, 1600),
        tones=("#0b1518", "#eef0dc"),
    ),
}
