"""A shadow on the wall beside the stair."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
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
    s.path(
        "M540 896 C470 930 408 930 352 894 C330 880 306 868 286 862 L270 906 C300 918 316 934 340 "
        "956 C410 1016 500 1010 560 980 Z",
        ink,
    )
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
    s.rect(790, 980, 40, 240, ink)
    # The stair, rising to the right, with its rail.
    steps = "M-600 1700 L-600 1480 L40 1480"
    x, y = 40, 1480
    for _ in range(12):
        steps += f" L{x} {y - 62} L{x + 112} {y - 62}"
        x, y = x + 112, y - 62
    s.path(steps + " L1600 1700 Z", ink)
    x, y = 40, 1480
    for step in range(12):
        if step not in range(3, 7):  # where the shadow stands
            s.rect(x + 4, y - 66, 110, 6, sage, 0.9)
        x, y = x + 112, y - 62
    for k in range(11):
        px, py = 130 + k * 112, 1356 - k * 62
        s.rect(px, py - 190, 9, 196, ink)
        s.circle(px + 4, py - 120, 11, ink)
    s.strokes(((80, 1204), (1480, 430)), ink, 20)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.13, light=0.13, gap=0.08, crooked=0.1),
        ink="#e4e6b8",
        lines={"en": (("NOSFERATU", 190),), "de": (("NOSFERATU", 150), ("EINE SYMPHONIE DES GRAUENS", 44))},
        logo_ink="#dfe6a8",
        top=80,
    ),
    window=(-250, 420, 1500),
    tones=("#0c1018", "#dfe4e8"),
)
