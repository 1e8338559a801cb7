"""The Moon with the shell in its eye, over the roofs from which it came."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import stars
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    night, deep, cream, butter, ochre, ink, rose = (
        "#152049",
        "#0d1534",
        "#f8edcf",
        "#ead9a6",
        "#c9a860",
        "#1a1420",
        "#c9543f",
    )
    s.flood(night)
    for r, fill in ((900, "#18264f"), (740, "#1d2e5c"), (600, "#24396c")):
        s.circle(500, 860, r, fill)
    s.burst(500, 860, 470, 1700, 40, 0.12, "#f8edcf", 0.1)
    stars(s, (-550, 20, 2100, 1300), 90, cream, seed=0.1)
    s.circle(500, 860, 404, ochre)
    s.circle(500, 860, 388, cream)
    with s.cut("mo", '<circle cx="500" cy="860" r="388"/>'):
        s.circle(430, 800, 400, "#fbf4de")
        for x, y, r in (
            (236, 760, 40),
            (300, 1060, 56),
            (760, 1070, 44),
            (690, 560, 36),
            (520, 530, 24),
            (180, 900, 26),
            (830, 900, 30),
            (380, 590, 30),
            (640, 1160, 34),
            (440, 1190, 22),
        ):
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
        s.path(
            "M480 790 C470 880 440 940 436 966 C436 1000 470 1010 500 1004 C530 1010 560 1000 558 968 "
            "C552 950 520 880 514 790 Z",
            butter,
        )
        s.path("M446 990 C470 1010 530 1012 554 990 C540 1020 460 1020 446 990 Z", ochre)
        s.circle(290, 984, 74, "#f0c9a0", 0.7)
        s.circle(706, 984, 74, "#f0c9a0", 0.7)
        s.path(
            "M414 1080 C450 1050 550 1050 590 1080 C584 1150 540 1176 500 1176 C460 1176 420 1150 414 1080 Z", "#7c2a26"
        )
        s.path("M432 1084 C470 1064 536 1064 572 1084 L566 1104 C530 1092 474 1092 440 1104 Z", "#ffffff")
        s.path("M400 1080 C450 1036 552 1036 604 1080 C550 1062 452 1062 400 1080 Z", rose)
    # The shell, in the eye.
    s.path(
        "M590 846 C600 786 690 776 724 836 C716 890 700 930 690 990 C682 1010 668 1000 668 980 C664 "
        "940 650 930 640 960 C632 1000 622 1010 612 990 C600 930 588 890 590 846 Z",
        ochre,
    )
    s.path("M600 850 C606 800 686 790 714 838 C690 890 630 896 600 850 Z", "#8d3a2c")
    with s.placed("rotate(24 660 830)"):
        s.path(
            "M588 836 L588 560 C588 520 630 500 660 500 C690 500 732 520 732 560 L732 836 C700 860 620 860 588 836 Z",
            "#3c4c74",
        )
        s.path("M588 836 L588 560 C588 520 610 506 636 502 L636 852 C616 850 600 846 588 836 Z", "#7f91b8")
        s.path("M588 560 C588 520 630 500 660 500 C690 500 732 520 732 560 C700 584 620 584 588 560 Z", "#56689a")
        for y in (610, 700, 790):
            s.path(
                f"M588 {y} C620 {y + 22} 700 {y + 22} 732 {y} L732 {y + 14} C700 {y + 36} 620 {y + 36} 588 {y + 14} Z",
                rose,
            )
            for x in (602, 630, 660, 690, 718):
                s.circle(x, y + 20, 4, butter)
        s.ring(660, 532, 24, butter, 5)
    # Below, the roofs and chimneys from which they came.
    s.path(
        "M-600 1700 L-600 1430 L-420 1430 L-420 1370 L-300 1370 L-300 1440 L-120 1440 L-60 1390 L0 "
        "1440 L80 1440 L80 1400 L150 1400 L150 1450 L300 1450 L360 1404 L420 1450 L560 1450 L560 "
        "1420 L640 1420 L640 1456 L760 1456 L760 1396 L836 1396 L836 1440 L960 1440 L1020 1390 L1080 "
        "1440 L1200 1440 L1200 1380 L1320 1380 L1320 1440 L1600 1440 L1600 1700 Z",
        deep,
    )


SCENE = Scene(
    draw=_draw,
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
)
