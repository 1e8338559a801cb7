"""The devil against a burning disc, witches around him, fire below."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import flame
from deploy.dev.demo.art.sheet import MIDDLE, Sheet


def _draw(s: Sheet) -> None:
    ink, wine, ember, amber, bone = "#130a10", "#4a1026", "#c43a1c", "#f0a030", "#f6dfae"
    s.flood(wine)
    s.burst(500, 800, 0, 1700, 30, 0.5, "#5d1730")
    s.circle(500, 800, 430, ember)
    s.circle(500, 800, 362, amber)
    s.circle(500, 800, 300, bone)
    # The devil: horns, ears, a face of planes, eyes that burn.
    s.path(
        "M500 1500 L100 1500 C130 1330 250 1240 372 1196 C330 1120 318 1030 330 950 C300 930 270 890 "
        "250 830 C290 850 320 862 344 866 "
        "C320 800 250 760 214 660 C190 580 212 500 262 440 C262 540 300 620 390 664 C420 680 450 690 500 690 "
        "C550 690 580 680 610 664 C700 620 738 540 738 440 C788 500 810 580 786 660 C750 760 680 800 656 866 "
        "C680 862 710 850 750 830 C730 890 700 930 670 950 C682 1030 670 1120 628 1196 C750 1240 870 1330 900 1500 Z",
        ink,
    )
    s.path("M372 868 C420 850 466 872 486 906 C446 914 400 906 372 868 Z", ember)
    s.path("M628 868 C580 850 534 872 514 906 C554 914 600 906 628 868 Z", ember)
    s.circle(440, 886, 13, bone)
    s.circle(560, 886, 13, bone)
    s.path("M500 900 L470 1010 Q500 1032 530 1010 Z", wine)
    s.path(
        "M404 1064 C440 1048 470 1060 500 1068 C530 1060 560 1048 596 1064 C570 1110 540 1122 500 "
        "1122 C460 1122 430 1110 404 1064 Z",
        ember,
    )
    for k in range(6):
        x = 436 + k * 22
        s.poly(((x, 1064), (x + 18, 1064), (x + 9, 1092)), bone)
    s.path("M470 1136 L500 1250 L530 1136 Z", wine)
    for x, y, size, turn in (
        (150, 560, 1.0, -18),
        (850, 500, 0.8, 14),
        (110, 900, 0.62, -8),
        (905, 830, 0.7, 20),
        (-250, 700, 1, -12),
        (1260, 690, 1, 16),
    ):
        _witch(s, x, y, size if x < MIDDLE else -size, abs(size), turn, ink)
    for k in range(13):
        s.path(flame(-560 + k * 178, 1590, 190, 250 + 110 * ((k * 3) % 4) / 3, 30 - 20 * (k % 4)), ember)
    for k in range(13):
        s.path(flame(-480 + k * 178, 1600, 130, 170 + 70 * ((k * 5) % 3) / 2, -20 + 15 * (k % 3)), amber)
    s.rect(-600, 1400, 2200, 200, s.shade("hx", ((0, ink, 0), (1, ink, 0.9))))


def _witch(s: Sheet, x: float, y: float, sx: float, sy: float, turn: float, ink: str) -> None:
    with s.placed(f"translate({x} {y}) rotate({turn}) scale({sx} {sy})"):
        s.rect(-130, 18, 210, 8, ink)
        s.poly(((-130, 22), (-210, -8), (-196, 22), (-214, 50)), ink)
        s.path(
            "M-40 22 C-60 -20 -30 -70 0 -74 L24 -60 L70 6 L58 14 L14 -20 C20 0 20 14 34 24 L60 60 L46 66 L-4 30 Z", ink
        )
        s.circle(16, -84, 17, ink)
        s.poly(((-14, -90), (46, -104), (6, -160)), ink)
        s.poly(((-24, -84), (52, -104), (50, -96), (-20, -76)), ink)
        s.path("M-4 -66 C-60 -60 -90 -20 -120 -26 C-90 0 -50 10 -30 6 Z", ink)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.24, light=0.09, gap=0.12),
        ink="#f6dfae",
        lines={"en": (("HÄXAN", 190),)},
        foot="WITCHCRAFT THROUGH THE AGES · 1922",
        foot_ink="#f0a030",
        logo_ink="#f6b04a",
        top=50,
    ),
    window=(-300, 430, 1600),
    tones=("#16070b", "#f5c98a"),
)
