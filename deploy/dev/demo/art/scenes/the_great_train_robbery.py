"""The outlaw who points his revolver at the house."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet, polar


def _draw(s: Sheet) -> None:
    rust, sand, cream, ink, sun, leather = "#c4502a", "#e9b05e", "#f6e6c4", "#1d1310", "#f3cf7e", "#6d3a20"
    s.bands(-100, (380, 140, 140, 150, 900), ("#8e2f1f", "#a83d22", rust, "#d56f35", sand))
    s.circle(500, 690, 400, sun)
    s.circle(500, 690, 340, cream)
    for points in (
        (
            (-600, 1100),
            (-600, 760),
            (-470, 760),
            (-430, 860),
            (-250, 860),
            (-220, 740),
            (-90, 740),
            (-60, 980),
            (60, 1100),
        ),
        (
            (940, 1100),
            (1020, 900),
            (1040, 800),
            (1190, 800),
            (1230, 910),
            (1390, 910),
            (1410, 720),
            (1600, 720),
            (1600, 1100),
        ),
    ):
        s.poly(points, "#8e2f1f")
    # The outlaw: hat, eyes in its shade, a scarf, a coat.
    s.path("M-80 1700 C-60 1400 120 1180 350 1110 L650 1110 C880 1180 1060 1400 1080 1700 Z", ink)
    s.path("M350 1110 L300 1180 L420 1560 L500 1560 L580 1560 L700 1180 L650 1110 Z", leather)
    s.path("M330 770 C324 860 350 1000 500 1080 C650 1000 676 860 670 770 Z", "#d99a68")
    s.path("M500 770 L670 770 C676 860 650 1000 500 1080 Z", "#b97748")
    s.path(
        "M318 862 C400 900 600 900 682 862 C690 960 664 1080 640 1130 L500 1290 L360 1130 C336 1080 310 960 318 862 Z",
        "#8e2f1f",
    )
    s.path("M500 890 C570 890 640 880 682 862 C690 960 664 1080 640 1130 L500 1290 Z", "#6b1f15")
    for row in range(4):
        for k in range(-3 + row // 2, 4 - row // 2):
            s.circle(500 + k * 46 + (23 if row % 2 else 0) - (23 if row % 2 else 0), 940 + row * 66, 9, cream)
    s.path("M350 800 Q410 776 466 812 L470 826 Q410 812 352 822 Z", ink)
    s.path("M650 800 Q590 776 534 812 L530 826 Q590 812 648 822 Z", ink)
    s.circle(416, 828, 14, ink)
    s.circle(584, 828, 14, ink)
    s.path("M320 760 L680 760 L676 800 Q500 846 324 800 Z", ink, 0.55)
    s.path(
        "M60 690 C180 800 340 790 500 790 C660 790 820 800 940 690 C900 800 760 830 680 800 C620 780 "
        "560 774 500 774 C440 774 380 780 320 800 C240 830 100 800 60 690 Z",
        ink,
    )
    s.path(
        "M60 690 C200 790 340 760 352 740 C356 620 380 500 440 506 C470 510 480 540 500 540 C520 540 "
        "530 510 560 506 C620 500 644 620 648 740 C660 760 800 790 940 690 C880 840 640 800 500 800 "
        "C360 800 120 840 60 690 Z",
        ink,
    )
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


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.24, light=0.24, gap=0.08),
        ink="#f6e6c4",
        lines={"en": (("THE GREAT", 70), ("TRAIN ROBBERY", 110))},
        logo_ink="#f3b75a",
        top=60,
    ),
    window=(-300, 480, 1600),
    tones=("#23120c", "#f6dfae"),
)
