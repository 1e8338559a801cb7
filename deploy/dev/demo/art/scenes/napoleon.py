"""Bonaparte under his hat, on three panels."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet, polar


def _draw(s: Sheet) -> None:
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
    s.path(
        "M500 1560 L60 1560 C70 1330 150 1180 330 1110 L420 1060 L580 1060 L670 1110 C850 1180 930 1330 940 1560 Z",
        black,
    )
    s.path("M500 1560 L400 1560 C390 1400 400 1240 430 1120 L570 1120 C600 1240 610 1400 600 1560 Z", bone)
    s.path("M430 1110 L310 1140 L400 1330 L470 1210 Z", "#26335c")
    s.path("M570 1110 L690 1140 L600 1330 L530 1210 Z", "#26335c")
    s.path("M414 990 L586 990 L604 1110 C560 1176 440 1176 396 1110 Z", black)
    s.path("M440 1040 L560 1040 L574 1100 Q500 1150 426 1100 Z", bone)
    s.path("M396 850 C390 950 420 1040 470 1070 C490 1080 510 1080 530 1070 C580 1040 610 950 604 850 Z", "#e8c6a0")
    s.path("M500 850 L604 850 C610 950 580 1040 530 1070 C520 1075 510 1078 500 1078 Z", "#c99f78")
    s.path(
        "M392 850 C400 900 410 930 418 950 C420 910 430 890 450 872 L550 872 C570 890 580 910 582 "
        "950 C590 930 600 900 608 850 Z",
        black,
    )
    s.line("M432 924 L476 934 M568 924 L524 934", black, 9)
    s.circle(458, 946, 8, black)
    s.circle(542, 946, 8, black)
    s.line("M500 930 L490 996 L510 1000", "#9c7452", 5, join="round")
    s.line("M470 1030 Q500 1022 530 1030", "#7c3b2c", 7)
    s.rect(396, 806, 208, 60, black)
    s.path(
        "M150 850 C180 700 330 560 500 556 C670 560 820 700 850 850 C860 896 820 900 780 884 C690 "
        "846 600 832 500 832 C400 832 310 846 220 884 C180 900 140 896 150 850 Z",
        black,
    )
    s.line("M196 846 C260 760 380 704 500 700 C620 704 740 760 804 846", "#34303f", 6)
    s.circle(640, 740, 44, blue)
    s.circle(640, 740, 30, bone)
    s.circle(640, 740, 17, red)
    s.line("M640 784 L624 836", gold, 9)
    for side in (-1, 1):
        s.path(
            f"M{500 + side * 240} 1150 C{500 + side * 330} 1160 {500 + side * 400} 1220 "
            f"{500 + side * 420} 1290 L{500 + side * 300} 1270 Z",
            gold,
        )
    for row in range(4):
        s.circle(476, 1230 + row * 80, 9, gold)
        s.circle(524, 1230 + row * 80, 9, gold)
    s.rect(-600, 1360, 2200, 300, s.shade("np", ((0, black, 0), (1, black, 0.75))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.24, light=0.07, gap=0.1),
        ink="#dfb04a",
        lines={"en": (("NAPOLÉON", 150),), "fr": (("NAPOLÉON", 112), ("VU PAR ABEL GANCE", 40))},
        logo_ink="#e8bd5c",
        top=55,
        left=60,
        measure=880,
    ),
    window=(-300, 520, 1600),
    tones=("#11142b", "#f4e1b6"),
)
