"""Two in a boat on a lake, the town behind them."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import stars
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    night, violet, rose, peach, sun, ink = "#231a3d", "#54305e", "#b4506a", "#f09a63", "#ffe2a0", "#140f24"
    s.bands(-100, (420, 130, 120, 110, 100, 90, 230), (night, "#35224c", violet, "#84405f", rose, "#d9745f", peach))
    s.burst(500, 1000, 0, 1500, 32, 0.5, sun, 0.13)
    s.circle(500, 1000, 330, sun, 0.25)
    s.circle(500, 1000, 250, sun)
    stars(s, (-500, 30, 2000, 330), 40, peach, seed=0.3)
    # The far shore: a town on one side, fields on the other.
    s.path("M-600 1000 L-600 930 L-420 900 L-300 930 L-200 880 L-60 930 L60 900 L180 945 L330 965 L330 1000 Z", violet)
    for x, h in (
        (640, 60),
        (690, 120),
        (740, 80),
        (790, 190),
        (840, 110),
        (880, 240),
        (925, 150),
        (975, 90),
        (1030, 200),
        (1090, 130),
        (1160, 170),
        (1240, 90),
        (1330, 140),
        (1430, 70),
        (1520, 100),
    ):
        s.rect(x, 1000 - h, 44, h, violet)
        s.poly(((x, 1000 - h), (x + 22, 1000 - h - 36), (x + 44, 1000 - h)), violet)
    s.rect(-600, 1000, 2200, 700, night)
    for k in range(15):
        y, half = 1006 + k * 22 + k * k * 0.6, 250 - k * 9 + 46 * (k % 2)
        s.rect(500 - half, y, half * 2, 9 + k * 0.7, (sun, peach, peach, rose, rose)[k // 3], 1 - k * 0.045)
    # Two in a boat.
    s.path("M250 1196 Q500 1232 750 1196 Q716 1288 620 1296 L380 1296 Q284 1288 250 1196 Z", ink)
    s.path(
        "M372 1206 C366 1130 380 1080 420 1064 C404 1040 412 1000 444 996 C478 998 486 1036 470 1062 "
        "C500 1074 514 1120 512 1206 Z",
        ink,
    )
    s.path(
        "M516 1206 C512 1140 530 1100 556 1090 C536 1060 548 1022 580 1020 C616 1024 620 1066 602 "
        "1090 C636 1104 648 1150 646 1206 Z",
        ink,
    )
    s.path(
        "M536 1050 C534 1014 556 996 582 998 C614 1000 630 1026 626 1070 C634 1090 632 1104 622 1110 "
        "C612 1080 600 1050 536 1050 Z",
        ink,
    )
    s.strokes(((470, 1120), (540, 1150), (560, 1140)), ink, 26)
    s.strokes(((640, 1150), (800, 1290)), ink, 11)
    s.strokes(((372, 1150), (210, 1290)), ink, 11)
    for x, lean, h in (
        (-40, 30, 430),
        (0, 44, 340),
        (36, 60, 390),
        (80, 40, 260),
        (-90, 20, 300),
        (900, -40, 300),
        (950, -30, 420),
        (990, -20, 350),
        (1040, -40, 440),
        (1100, -20, 300),
        (-200, 10, 380),
        (-300, 20, 300),
        (1220, -10, 360),
    ):
        s.path(
            f"M{x} 1560 Q{x + lean * 0.2} {1560 - h * 0.6} {x + lean} {1560 - h} Q{x + lean * 0.5} "
            f"{1560 - h * 0.5} {x + 16} 1560 Z",
            ink,
        )
    s.rect(-600, 1340, 2200, 280, s.shade("sr", ((0, ink, 0), (1, ink, 1))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.07, light=0.07, gap=0.24, cap="round"),
        ink="#ffe2a0",
        lines={"en": (("SUNRISE", 170),)},
        foot="A SONG OF TWO HUMANS · F. W. MURNAU 1927",
        logo_ink="#ffd892",
        top=120,
    ),
    window=(-300, 470, 1600),
    tones=("#1b1638", "#ffdca6"),
)
