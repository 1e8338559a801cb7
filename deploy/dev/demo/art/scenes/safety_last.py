"""A clerk who hangs from the hand of a clock."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import scatter
from deploy.dev.demo.art.sheet import Sheet, polar


def _draw(s: Sheet) -> None:
    sky, deep, cream, navy, red, shade = "#79b8b0", "#4d948f", "#f7ead0", "#1c2a3a", "#d2452f", "#d9c6a0"
    s.flood(sky)
    s.burst(330, 640, 0, 1800, 28, 0.5, "#8cc5bc")
    # Streets far below and the towers around, falling away in perspective.
    for x, top, w in ((-560, 760, 150), (-380, 900, 130), (-220, 690, 150), (-50, 980, 120), (90, 860, 120)):
        s.rect(x, top, w, 900, deep)
        s.rect(x + w * 0.62, top, w * 0.38, 900, "#3f827f")
        for u, v in scatter(14, x * 0.01):
            s.rect(x + 14 + 26 * int(u * w / 30), top + 30 + 44 * int(v * 18), 12, 22, sky, 0.8)
    s.poly(((430, -100), (1600, -100), (1600, 1700), (560, 1700)), cream)
    s.poly(((430, -100), (470, -100), (610, 1700), (560, 1700)), shade)
    for k in range(12):
        y = 70 + k * 140
        s.poly(((460 + k * 9, y), (1600, y - 60), (1600, y - 44), (462 + k * 9, y + 16)), shade)
    for k in range(5):
        for j in range(4):
            x, y = 900 + j * 170, 120 + k * 330
            s.poly(((x, y), (x + 84, y - 5), (x + 84, y + 175), (x, y + 180)), navy)
            s.poly(((x + 8, y + 8), (x + 76, y + 4), (x + 76, y + 82), (x + 8, y + 86)), sky)
    s.circle(652, 836, 330, shade)
    s.circle(640, 820, 326, navy)
    s.circle(640, 820, 296, cream)
    s.ring(640, 820, 276, red, 8)
    for k in range(60):
        long = k % 5 == 0
        a, b = polar(640, 820, 214 if long else 244, k * 6), polar(640, 820, 258, k * 6)
        s.strokes((a, b), navy, 17 if long and k % 15 == 0 else 11 if long else 4, cap="butt")
    s.circle(640, 820, 26, navy)
    s.strokes(((640, 820), (600, 664)), navy, 24, cap="butt")
    # The long hand gives way under him.
    s.line("M640 820 C560 836 480 850 396 900", navy, 19)
    s.poly(((410, 874), (330, 944), (424, 930)), navy)
    s.circle(640, 820, 9, red)
    # The climber: suit, straw hat, legs in the air.
    s.strokes(((392, 918), (360, 985), (330, 1050)), navy, 30)
    s.strokes(((352, 930), (318, 990), (316, 1050)), navy, 30)
    s.circle(392, 912, 15, "#f3cfa8")
    s.circle(350, 924, 15, "#f3cfa8")
    s.path(
        "M286 1056 C290 1030 330 1022 356 1038 C372 1090 366 1150 350 1196 L272 1190 C268 1140 272 1090 286 1056 Z",
        navy,
    )
    s.strokes(((332, 1190), (372, 1270), (330, 1340)), navy, 34)
    s.strokes(((292, 1190), (262, 1280), (196, 1316)), navy, 34)
    s.strokes(((322, 1348), (360, 1352)), navy, 22)
    s.strokes(((196, 1312), (180, 1344)), navy, 22)
    s.circle(290, 1008, 36, "#f3cfa8")
    s.ring(278, 1002, 12, navy, 4)
    s.ring(304, 998, 12, navy, 4)
    s.line("M280 1022 Q290 1014 302 1020", navy, 4, cap="round")
    with s.placed("rotate(-24 282 974)"):
        s.ellipse(282, 978, 60, 11, "#e8c76a")
        s.rect(250, 938, 64, 38, "#e8c76a")
        s.rect(250, 960, 64, 14, red)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.23, light=0.23, gap=0.1, lean=0.16),
        ink="#d2452f",
        lines={"en": (("SAFETY", 120), ("LAST!", 160))},
        logo_ink="#f25c43",
        top=50,
        left=60,
        measure=520,
    ),
    window=(-420, 520, 1500),
    tones=("#152436", "#f7ead0"),
)
