"""A locomotive, head on, with its driver on the buffer beam."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import puffs
from deploy.dev.demo.art.sheet import Sheet, polar


def _draw(s: Sheet) -> None:
    navy, teal, cream, orange, rust, brass = "#14202e", "#2d6a74", "#f4e6c6", "#e8842c", "#a83c1d", "#e9b64c"
    s.flood(orange)
    s.burst(500, 980, 0, 1900, 26, 0.5, "#ee9740")
    s.circle(500, 960, 560, "#f3b35e", 0.6)
    # Smoke, swelling upwards to the left and right of the stack.
    for grow, fill in ((1.0, "#d9c7a4"), (0.84, cream)):
        puffs(
            s,
            (
                (500, 560, 80 * grow),
                (430, 500, 96 * grow),
                (330, 440, 112 * grow),
                (210, 420, 120 * grow),
                (70, 440, 140 * grow),
                (-110, 400, 170 * grow),
                (-330, 420, 190 * grow),
                (-540, 360, 200 * grow),
                (570, 520, 84 * grow),
                (650, 470, 90 * grow),
            ),
            fill,
        )
    s.poly(((-600, 1700), (-600, 1230), (1600, 1230), (1600, 1700)), rust)
    s.poly(
        (
            (-600, 1240),
            (-600, 1170),
            (-260, 1080),
            (60, 1180),
            (340, 1130),
            (660, 1140),
            (960, 1090),
            (1240, 1180),
            (1600, 1090),
            (1600, 1240),
        ),
        teal,
    )
    s.poly(((180, 1700), (396, 1230), (604, 1230), (820, 1700)), "#7c2a14")
    for k in range(9):
        y = 1250 + k * k * 5.5 + k * 10
        half = 150 + (y - 1230) * 0.62
        s.rect(500 - half, y, half * 2, 9 + k * 2.4, navy)
    for side in (-1, 1):
        s.poly(
            ((500 + side * 92, 1230), (500 + side * 106, 1230), (500 + side * 330, 1700), (500 + side * 286, 1700)),
            cream,
        )
    s.rect(270, 700, 460, 300, navy)
    s.path("M250 700 L750 700 L720 652 L280 652 Z", teal)
    s.path("M432 600 L568 600 L548 740 L452 740 Z", navy)
    s.path("M380 470 L620 470 L584 610 L416 610 Z", navy)
    s.rect(370, 452, 260, 30, brass)
    s.circle(500, 930, 262, navy)
    s.circle(500, 930, 236, teal)
    s.path("M500 694 A236 236 0 0 1 500 1166 Z", "#225059")
    s.ring(500, 930, 249, brass, 10)
    for k in range(24):
        s.circle(*polar(500, 930, 214, k * 15), 7, brass)
    s.circle(500, 930, 168, navy)
    s.circle(500, 930, 150, rust)
    s.path("M500 780 A150 150 0 0 1 500 1080 Z", "#8a2d15")
    s.ring(500, 930, 150, brass, 6)
    s.circle(500, 930, 44, brass)
    s.circle(500, 930, 24, cream)
    s.rect(420, 640, 160, 116, navy)
    s.circle(500, 700, 66, brass)
    s.circle(500, 700, 50, cream)
    s.burst(500, 700, 0, 50, 12, 0.5, "#f7d68a")
    s.rect(190, 1130, 620, 66, rust)
    s.rect(190, 1130, 620, 14, brass)
    for side in (-1, 1):
        s.rect(500 + side * 255 - 34, 1086, 68, 60, navy)
        s.circle(500 + side * 255, 1112, 22, brass)
    for k in range(-7, 8):
        s.poly(
            ((500 + k * 24 - 8, 1196), (500 + k * 24 + 8, 1196), (500 + k * 47 + 9, 1368), (500 + k * 47 - 9, 1368)),
            navy if k % 2 else brass,
        )
    s.poly(((130, 1360), (870, 1360), (884, 1392), (116, 1392)), navy)
    # The engine driver, sitting on the buffer beam, as calm as ever.
    s.path("M700 1132 L700 1052 C700 1014 722 998 748 998 C776 998 796 1016 796 1052 L796 1132 Z", "#5b6b7a")
    s.strokes(((722, 1128), (716, 1180), (704, 1226)), "#3d4a58", 26)
    s.strokes(((772, 1128), (776, 1180), (786, 1226)), "#3d4a58", 26)
    s.strokes(((706, 1056), (690, 1100), (716, 1126)), "#5b6b7a", 22)
    s.strokes(((790, 1056), (806, 1100), (782, 1126)), "#5b6b7a", 22)
    s.circle(748, 962, 34, "#f3d3a8")
    s.path("M700 948 Q748 926 796 948 L796 956 Q748 940 700 956 Z", navy)
    s.rect(716, 914, 64, 32, navy)
    s.rect(716, 934, 64, 9, cream)
    s.circle(736, 964, 4, navy)
    s.circle(760, 964, 4, navy)
    s.rect(738, 979, 20, 3, navy)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.24, light=0.24, gap=0.08, inline=0.04),
        ink="#14202e",
        second="#f4e6c6",
        lines={"en": (("THE", 54), ("GENERAL", 150))},
        logo_ink="#f0a54a",
        top=50,
    ),
    window=(-300, 470, 1600),
    tones=("#171c28", "#f6d9a4"),
)
