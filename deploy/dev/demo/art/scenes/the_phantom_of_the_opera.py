"""Half a mask, half a skull, within gilded arches."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet, polar


def _draw(s: Sheet) -> None:
    black, wine, crimson, ivory, gold, plum = "#120a10", "#5c0f1c", "#a81e2b", "#f4ead6", "#dba541", "#2c1020"
    s.flood(black)
    # One gilded arch within the other, as of a proscenium.
    for k, fill in enumerate((plum, gold, "#2a0a14", wine, gold, "#3c0a15", crimson)):
        half, top = 560 - k * 34, 380 + k * 34
        s.path(
            f"M{500 - half} 1700 L{500 - half} {top + half} A{half} {half} 0 0 1 {500 + half} "
            f"{top + half} L{500 + half} 1700 Z",
            fill,
        )
    for k in range(25):
        angle = 180 + k * 7.5
        s.circle(*polar(500, 940, 543, angle), 8, black)
    s.burst(500, 900, 0, 480, 36, 0.5, "#b92733", 0.6)
    # Curtains.
    for side in (-1, 1):
        for k in range(5):
            x0, x1 = 500 + side * (700 - k * 52), 500 + side * (640 - k * 52)
            s.path(
                f"M{x0} -100 L{x1} -100 C{x1} 500 {x1 + side * (60 + k * 16)} 800 "
                f"{x1 + side * (120 + k * 40)} 1700 L{x0 + side * 200} 1700 Z",
                (wine, "#43101a")[k % 2],
            )
    # The cape, and above it the face: half mask, half what is under it.
    s.path(
        "M500 1700 L60 1700 C90 1500 170 1330 330 1240 C290 1180 270 1120 282 1060 L430 1220 L500 "
        "1260 L570 1220 L718 1060 C730 1120 710 1180 670 1240 C830 1330 910 1500 940 1700 Z",
        black,
    )
    s.path("M282 1060 L430 1220 L500 1260 L452 1330 L330 1240 C290 1180 270 1120 282 1060 Z", wine)
    s.path("M718 1060 L570 1220 L500 1260 L548 1330 L670 1240 C710 1180 730 1120 718 1060 Z", crimson)
    s.path(
        "M500 640 C380 640 318 730 322 860 C326 1000 380 1130 440 1200 C470 1226 530 1226 560 1200 "
        "C620 1130 674 1000 678 860 C682 730 620 640 500 640 Z",
        black,
    )
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
    s.path(
        "M318 820 C310 640 420 590 500 590 C580 590 690 640 682 820 C664 720 610 668 500 668 C390 "
        "668 336 720 318 820 Z",
        black,
    )
    # Candles.
    for side in (-1, 1):
        x = 500 + side * 395
        s.rect(x - 5, 1130, 10, 500, gold)
        for k in (-1, 0, 1):
            cx, cy = x + k * 62, 1130 + abs(k) * 40
            s.line(f"M{cx} {cy} C{cx} {cy + 80} {x} {cy + 60} {x} {1250}", gold, 8)
            s.rect(cx - 12, cy - 80, 24, 84, ivory)
            s.path(
                f"M{cx} {cy - 150} C{cx + 26} {cy - 116} {cx + 16} {cy - 86} {cx} {cy - 84} C{cx - 16} "
                f"{cy - 86} {cx - 26} {cy - 116} {cx} {cy - 150} Z",
                gold,
            )
            s.circle(cx, cy - 104, 54, gold, 0.13)
    s.rect(-600, 1330, 2200, 300, s.shade("ph", ((0, black, 0), (1, black, 1))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.22, light=0.07, gap=0.12),
        ink="#dba541",
        lines={"en": (("THE PHANTOM", 110), ("OF THE OPERA", 72))},
        logo_ink="#e5b552",
        top=60,
    ),
    window=(-300, 500, 1600),
    tones=("#16060c", "#f4dcc6"),
)
