"""A man with a cape before the moon, and his dogs."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import almond
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    pine, dark, silver, ivory, ink, violet = "#1f4036", "#0f2520", "#a9b8ac", "#f0ead2", "#0a0e0f", "#5b2a5e"
    s.flood(dark)
    s.circle(500, 660, 900, "#142d27")
    s.circle(500, 660, 680, "#1a382f")
    s.circle(500, 660, 480, pine)
    s.circle(500, 620, 300, ivory)
    for x, y, r in ((290, 600, 44), (700, 500, 40), (730, 660, 24), (330, 720, 24)):
        s.circle(x, y, r, "#dcd6b8")
    for x, h, w in (
        (-480, 900, 90),
        (-300, 700, 80),
        (-130, 980, 100),
        (60, 760, 84),
        (150, 560, 70),
        (860, 620, 74),
        (950, 860, 90),
        (1120, 1000, 100),
        (1290, 760, 84),
        (1460, 920, 96),
    ):
        s.path(
            f"M{x - w} 1700 C{x - w} {1560 - h * 0.5} {x - w * 0.2} {1500 - h * 0.9} {x} {1480 - h} "
            f"C{x + w * 0.2} {1500 - h * 0.9} {x + w} {1560 - h * 0.5} {x + w} 1700 Z",
            ink,
        )
        s.path(
            f"M{x - w} 1700 C{x - w} {1560 - h * 0.5} {x - w * 0.2} {1500 - h * 0.9} {x} {1480 - h} "
            f"C{x - w * 0.1} {1500 - h * 0.7} {x - w * 0.4} {1560 - h * 0.4} {x - w * 0.3} 1700 Z",
            "#123028",
        )
    # The cape: closed on one side, thrown open on the other.
    s.path(
        "M500 740 C400 750 330 800 300 900 C240 1080 180 1300 120 1700 L880 1700 C840 1400 900 1180 "
        "980 1020 C860 1000 760 940 690 860 C650 790 590 746 500 740 Z",
        ink,
    )
    s.path(
        "M640 870 C740 960 850 1020 950 1034 C880 1180 830 1390 850 1700 L560 1700 C600 1400 640 1120 640 870 Z", violet
    )
    s.path(
        "M640 870 C700 960 770 1010 830 1040 C760 1220 720 1440 730 1700 L560 1700 C600 1400 640 1120 640 870 Z",
        "#431d47",
    )
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
    s.path(
        "M250 560 C360 640 660 640 780 540 C740 520 680 540 620 548 C612 480 600 420 560 412 C530 "
        "408 520 430 506 430 C490 430 470 404 444 416 C410 430 404 490 402 552 C350 548 290 530 250 "
        "560 Z",
        ink,
    )
    s.path("M402 520 Q510 560 618 516 L621 550 Q510 596 401 554 Z", violet)
    s.path("M500 740 C430 748 380 780 352 830 L470 900 L506 800 Z", ink)
    s.path("M500 740 C560 742 620 770 660 830 L570 900 L530 800 Z", ink)
    # His dogs.
    for x, k, flip in ((190, 1.0, 1), (330, 0.86, 1), (-230, 1.1, 1), (1210, 1.1, -1)):
        with s.placed(f"translate({x} 1400) scale({k * flip} {k})"):
            s.path(
                "M-90 110 C-96 10 -70 -60 -30 -90 C-24 -130 -6 -164 20 -172 L30 -206 L48 -176 L62 -204 L70 "
                "-166 C92 -156 128 -146 132 -130 C128 -112 96 -112 76 -106 C62 -60 66 20 70 110 Z",
                "#1d2a2a",
            )
            s.circle(66, -144, 6, ivory)
            s.line("M-6 -106 Q30 -84 70 -100", violet, 11)
    s.rect(-600, 1330, 2200, 300, s.shade("ju", ((0, ink, 0), (1, ink, 1))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.2, light=0.2, gap=0.14, inline=0.03),
        ink="#f0ead2",
        second="#0f2520",
        lines={"en": (("JUDEX", 170),)},
        logo_ink="#f0ead2",
        top=80,
    ),
    window=(-300, 440, 1600),
    focus=(520, 760),
    tones=("#0b1518", "#eef0dc"),
)
