"""The tramp and the child in front of a brick wall and a large sun."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import bowler
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
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
    s.path(
        "M352 1316 C340 1190 334 1090 346 990 L540 990 C556 1090 556 1190 540 1316 L462 1316 L444 1120 L430 1316 Z",
        "#4b3a31",
    )
    s.path(
        "M328 1030 C322 900 330 800 372 756 C410 736 480 736 516 756 C560 800 566 900 560 1030 C500 "
        "1056 390 1056 328 1030 Z",
        ink,
    )
    s.strokes(((356, 790), (300, 900), (276, 1010)), ink, 56)
    s.strokes(((534, 790), (582, 900), (606, 1010)), ink, 54)
    s.circle(606, 1034, 24, "#f0c79d")
    s.circle(274, 1034, 24, "#f0c79d")
    s.line("M268 1020 C246 990 216 1000 220 1040 L204 1320", ink, 13, cap="round")
    s.path("M408 752 L406 706 C376 690 366 650 376 612 L512 612 C522 650 512 690 482 706 L480 752 Z", "#f0c79d")
    s.path(
        "M372 640 C370 600 400 580 444 580 C488 580 518 600 516 640 C512 690 490 706 444 706 C398 "
        "706 376 690 372 640 Z",
        "#2d211c",
    )
    bowler(s, 444, 606, 96, ink)
    s.path("M300 1316 Q330 1276 392 1290 Q428 1300 430 1326 L296 1326 Z", ink)
    s.path("M590 1316 Q560 1276 500 1290 Q462 1300 460 1326 L596 1326 Z", ink)
    # The kid: the cap too large, the trousers held by one strap.
    s.path(
        "M626 1316 C620 1250 616 1200 626 1130 L742 1130 C754 1200 750 1250 744 1316 L694 1316 L686 1220 L674 1316 Z",
        ink,
    )
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


SCENE = Scene(
    draw=_draw,
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
)
