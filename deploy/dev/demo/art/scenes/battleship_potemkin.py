"""The bow of a battleship, head on, on red."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    red, dark, black, bone, grey = "#cf2a1e", "#9b1a14", "#15110f", "#f1e6cf", "#b7aa92"
    s.flood(red)
    s.poly(((-600, -100), (240, -100), (-600, 1100)), dark)
    s.poly(((1600, -100), (760, -100), (1600, 1100)), dark)
    s.poly(((500, 560), (-600, 1420), (-600, 1060)), bone, 0.14)
    s.poly(((500, 560), (1600, 1420), (1600, 1060)), bone, 0.14)
    # Superstructure and guns.
    s.rect(440, 520, 120, 420, black)
    s.rect(470, 430, 60, 100, black)
    s.rect(494, 330, 12, 110, black)
    s.strokes(((500, 372), (330, 560)), black, 4)
    s.strokes(((500, 372), (670, 560)), black, 4)
    s.poly(((506, 336), (506, 398), (636, 386), (606, 360), (640, 340)), bone)
    s.poly(((352, 700), (648, 700), (690, 960), (310, 960)), black)
    s.rect(386, 640, 228, 70, black)
    for side in (-1, 1):
        s.rect(500 + side * 70 - 14, 662, 28, 18, bone)
        s.poly(
            ((500 + side * 60, 800), (500 + side * 60, 850), (500 + side * 330, 742), (500 + side * 322, 716)), black
        )
        s.poly(
            ((500 + side * 60, 880), (500 + side * 60, 920), (500 + side * 310, 850), (500 + side * 304, 826)), black
        )
        s.circle(500 + side * 120, 850, 70, black)
        s.ring(500 + side * 120, 850, 54, grey, 6)
    # The bow, two planes of steel that meet at an edge.
    s.poly(((500, 850), (120, 960), (250, 1400), (500, 1560)), bone)
    s.poly(((500, 850), (880, 960), (750, 1400), (500, 1560)), grey)
    s.poly(((500, 850), (120, 960), (132, 1002), (500, 900)), black)
    s.poly(((500, 850), (880, 960), (868, 1002), (500, 900)), "#2a2420")
    s.poly(((196, 1216), (250, 1400), (500, 1560), (500, 1340)), red)
    s.poly(((804, 1216), (750, 1400), (500, 1560), (500, 1340)), dark)
    for side in (-1, 1):
        x = 500 + side * 190
        s.circle(x, 1070, 26, black)
        s.line(f"M{x} 1090 L{x} 1170 M{x - 44} 1130 Q{x - 36} 1180 {x} 1184 Q{x + 36} 1180 {x + 44} 1130", black, 13)
        for k in range(4):
            s.circle(500 + side * (92 + k * 62), 968 - 14 + k * 16, 10, black)
    # Black water, cut in wedges.
    s.poly(
        (
            (-600, 1700),
            (-600, 1290),
            (-250, 1330),
            (60, 1280),
            (270, 1350),
            (500, 1540),
            (730, 1350),
            (940, 1280),
            (1250, 1330),
            (1600, 1290),
            (1600, 1700),
        ),
        black,
    )
    for side in (-1, 1):
        s.poly(
            ((500 + side * 20, 1540), (500 + side * 250, 1368), (500 + side * 470, 1296), (500 + side * 300, 1400)),
            bone,
        )
        s.poly(
            ((500 + side * 120, 1520), (500 + side * 420, 1372), (500 + side * 720, 1330), (500 + side * 430, 1430)),
            grey,
        )
        s.poly(
            ((500 + side * 480, 1450), (500 + side * 760, 1390), (500 + side * 1080, 1380), (500 + side * 760, 1440)),
            bone,
            0.6,
        )


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.27, light=0.27, gap=0.07),
        ink="#f1e6cf",
        lines={
            "en": (("BATTLESHIP", 86), ("POTEMKIN", 120)),
            "ru": (("БРОНЕНОСЕЦ", 86), ("ПОТЁМКИН", 120)),
        },
        logo_ink="#e8392b",
        top=60,
        left=70,
        measure=860,
    ),
    window=(-300, 560, 1600),
    tones=("#180f0d", "#f3d9b8"),
)
