"""The masked man who walks over the roofs of Paris."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import almond, stars
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    night, blue, glow, ink, ivory, red = "#101c2c", "#1f4257", "#e8a04a", "#0a0c12", "#f2e4c4", "#b3242a"
    s.bands(-100, (420, 180, 170, 160, 150, 140, 700), (night, "#152a3e", blue, "#3a5560", "#7f6a50", "#bd7a3e", glow))
    stars(s, (-550, 0, 2100, 500), 46, ivory, seed=0.45)
    s.circle(770, 520, 120, ivory)
    s.circle(740, 500, 104, "#152a3e", 0.12)
    for row, (base, fill) in enumerate(((1230, "#5a3a3a"), (1330, "#35262f"), (1450, "#1c1620"))):
        for k in range(16):
            x = -600 + k * 146 + row * 44
            h = 70 + 80 * ((k * 7 + row * 3) % 5) / 4
            s.poly(
                (
                    (x, 1700),
                    (x, base - h * 0.5),
                    (x + 22, base - h),
                    (x + 110, base - h),
                    (x + 146, base - h * 0.5),
                    (x + 146, 1700),
                ),
                fill,
            )
            s.rect(x + 96, base - h - 44, 17, 50, fill)
            s.rect(x + 34, base - h - 30, 12, 34, fill)
            for j in range(2):
                if (k + j + row) % 3:
                    s.rect(x + 34 + j * 46, base - h * 0.5 + 26, 20, 30, glow, 0.9)
    # Monsieur himself: hat, mask, tails, one foot on the roofs, the dagger behind him.
    s.path(
        "M400 1500 C392 1380 380 1260 384 1130 L330 1130 C326 1000 330 880 372 800 L430 762 L570 762 "
        "L628 800 C670 880 676 1000 668 1110 L620 1130 C628 1260 700 1330 760 1400 L700 1470 C600 "
        "1400 540 1330 512 1240 C500 1330 500 1420 496 1500 Z",
        ink,
    )
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
    s.path(
        "M426 606 C460 596 540 596 574 606 C578 650 560 668 536 664 C520 660 512 646 500 644 C488 "
        "646 480 660 464 664 C440 668 422 650 426 606 Z",
        ink,
    )
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
        s.poly(
            (
                (x - 70, 1260),
                (x - 18, 1010),
                (x - 5, 820),
                (x + 5, 820),
                (x + 18, 1010),
                (x + 70, 1260),
                (x + 40, 1260),
                (x, 1120),
                (x - 40, 1260),
            ),
            "#35262f",
        )
        s.rect(x - 34, 1060, 68, 12, "#35262f")
        s.rect(x - 20, 980, 40, 9, "#35262f")
    s.rect(-600, 1340, 2200, 300, s.shade("fa", ((0, ink, 0), (1, ink, 1))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.22, light=0.22, gap=0.08),
        ink="#f2e4c4",
        lines={"en": (("FANTÔMAS", 150),), "fr": (("FANTÔMAS", 150), ("FILM DE LOUIS FEUILLADE", 34))},
        logo_ink="#e8a04a",
        top=60,
    ),
    window=(-300, 440, 1600),
    focus=(560, 720),
    tones=("#0c1220", "#f2d9ac"),
)
