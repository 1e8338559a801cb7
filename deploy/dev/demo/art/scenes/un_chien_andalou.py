"""An eye whose iris is the moon, a razor, ants."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import almond
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    night, deep, bone, grey, red, black = "#1b2c6b", "#101b46", "#f2ead6", "#aeb0b4", "#c4302b", "#0b0c14"
    s.flood(night)
    for k in range(16):
        s.rect(-600, -100 + k * 120, 2200, 60, deep, 0.35)
    s.path(almond(500, 860, 470, 290, 250), black)
    s.path(almond(500, 860, 446, 270, 230), bone)
    with s.cut("ca", f'<path d="{almond(500, 860, 446, 270, 230)}"/>'):
        s.path("M0 860 C260 560 740 560 1000 860 L1000 780 C740 520 260 520 0 780 Z", grey, 0.7)
        # The iris is the moon.
        s.circle(500, 850, 214, black)
        s.circle(500, 850, 200, "#e9c95c")
        s.circle(500, 850, 166, "#f6e3a0")
        for x, y, r in ((430, 790, 34), (560, 910, 44), (470, 920, 20), (585, 790, 18), (400, 880, 16)):
            s.circle(x, y, r, "#e3c878")
        s.circle(500, 850, 70, black)
        s.circle(526, 822, 20, bone)
    for k in range(-9, 10):
        lid = 664 + 1.9 * k * k
        s.strokes(((500 + k * 46, lid), (500 + k * 55, lid - 74 + abs(k) * 3)), black, 10)
    s.line("M40 868 C260 502 740 502 960 868", black, 20)
    # A razor, thin as the cloud that crosses the moon.
    with s.placed("rotate(-13 500 850)"):
        s.path("M-660 836 L690 822 L706 888 L-660 884 Z", bone)
        s.path("M-660 836 L690 822 L696 842 L-660 854 Z", grey)
        s.path("M690 818 L744 826 L748 880 L706 892 Z", black)
        s.path("M740 836 C880 800 1100 830 1600 760 L1600 830 C1120 900 900 880 744 872 Z", red)
        s.path("M740 850 C880 816 1100 846 1600 780 L1600 796 C1120 862 900 846 744 862 Z", "#8f1c1a")
        s.circle(756, 854, 9, bone)
    s.path("M506 935 C512 980 486 1000 490 1060 C494 1090 514 1090 514 1060 C514 1010 528 980 520 932 Z", red)
    # Ants.
    for index, (x, y) in enumerate(
        (
            (180, 1200),
            (290, 1268),
            (420, 1228),
            (600, 1290),
            (730, 1220),
            (850, 1284),
            (110, 1310),
            (500, 1190),
            (930, 1180),
            (-120, 1240),
            (1130, 1250),
            (-300, 1180),
            (1290, 1190),
        )
    ):
        _ant(s, x, y, (index * 67) % 360, black if index % 4 else red)


def _ant(s: Sheet, x: float, y: float, turn: float, ink: str) -> None:
    with s.placed(f"translate({x} {y}) rotate({turn}) scale(0.9)"):
        s.ellipse(-26, 0, 20, 13, ink)
        s.ellipse(4, 0, 12, 8, ink)
        s.circle(26, 0, 11, ink)
        for side in (-1, 1):
            for a in (-16, 4, 22):
                s.strokes(((2, 0), (a, side * 22), (a - 8, side * 38)), ink, 4)
            s.strokes(((32, side * 5), (50, side * 20)), ink, 3)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.09, light=0.09, gap=0.2, cap="round"),
        ink="#f2ead6",
        lines={"en": (("UN CHIEN", 120), ("ANDALOU", 120))},
        foot="LUIS BUÑUEL · SALVADOR DALÍ · 1929",
        foot_ink="#e9c95c",
        top=80,
    ),
    window=(-300, 420, 1600),
    tones=("#0e1030", "#f2e7c9"),
)
