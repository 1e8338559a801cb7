"""The machine woman before the towers, within her rings of light."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import scatter, tower
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    night, blue, teal, gold, cream, copper = "#0d1220", "#172a41", "#22506a", "#e3a83a", "#f6e4bb", "#a8481f"
    s.flood(night)
    s.burst(500, 760, 0, 1700, 36, 0.5, blue)
    s.burst(500, 760, 0, 1150, 18, 0.22, teal, 0.55)
    for r, alpha in ((520, 0.14), (400, 0.2), (290, 0.34)):
        s.circle(500, 760, r, gold, alpha)
    back = (
        (-420, 500),
        (-300, 640),
        (-170, 430),
        (-40, 560),
        (90, 700),
        (910, 700),
        (1040, 560),
        (1170, 430),
        (1300, 640),
        (1420, 500),
    )
    for x, height in back:
        tower(s, x, 1400, ((62, height), (42, 90), (22, 70), (5, 60)), "#2b5a70", "#1a3a50")
    tower(s, 500, 1400, ((300, 330), (235, 170), (170, 160), (108, 120), (58, 90), (12, 90)), copper, "#5f2414")
    for level, half in ((1130, 235), (970, 170), (815, 108)):
        for k in range(-3, 4):
            s.rect(500 + k * half / 3.8 - 5, level - 110, 10, 95, night, 0.4)
    front = (
        (-330, 560),
        (-200, 380),
        (-70, 470),
        (60, 560),
        (185, 430),
        (815, 430),
        (940, 560),
        (1070, 470),
        (1200, 380),
        (1330, 560),
    )
    for x, height in front:
        tower(s, x, 1500, ((72, height), (48, 70), (24, 50)), "#193249", "#0f2033")
        for u, v in scatter(9, x * 0.013):
            s.rect(x - 58 + 17 * int(u * 7), 1500 - height + 20 + 26 * int(v * (height - 170) / 26), 9, 14, gold, 0.85)
    # The machine woman: half lit, half in the dark, within rings of light.
    s.path("M190 1500 C200 1330 330 1290 420 1262 L420 1180 L580 1180 L580 1262 C670 1290 800 1330 810 1500 Z", night)
    s.path("M214 1500 C226 1346 350 1306 436 1276 L436 1180 L500 1180 L500 1500 Z", gold)
    s.path("M786 1500 C774 1346 650 1306 564 1276 L564 1180 L500 1180 L500 1500 Z", copper)
    s.path(
        "M500 888 C405 888 372 960 378 1048 C383 1140 440 1208 500 1216 C560 1208 617 1140 622 1048 "
        "C628 960 595 888 500 888 Z",
        night,
    )
    s.path("M500 902 C416 902 388 968 392 1046 C397 1130 448 1192 500 1200 Z", cream)
    s.path("M500 902 C584 902 612 968 608 1046 C603 1130 552 1192 500 1200 Z", gold)
    s.path("M392 1010 C400 930 440 902 500 902 L500 962 C450 966 420 985 392 1010 Z", gold)
    s.path("M608 1010 C600 930 560 902 500 902 L500 962 C550 966 580 985 608 1010 Z", copper)
    s.rect(492, 876, 16, 90, night)
    s.path("M418 1040 Q452 1018 480 1040 Q450 1054 418 1040 Z", night)
    s.path("M582 1040 Q548 1018 520 1040 Q550 1054 582 1040 Z", night)
    s.poly(((500, 1030), (486, 1112), (500, 1118)), gold)
    s.poly(((500, 1030), (514, 1112), (500, 1118)), copper)
    s.path("M466 1150 Q500 1136 534 1150 Q500 1166 466 1150 Z", night)
    for side in (-1, 1):
        s.rect(500 + side * 118 - 12, 1000, 24, 100, copper if side > 0 else gold)
        s.ring(500 + side * 128, 1420, 60, night, 10)
    for k in range(4):
        s.rect(462, 1228 + k * 16, 76, 6, night, 0.75)
    for y, rx in ((1010, 330), (1130, 390), (1250, 450)):
        s.line(f"M{500 - rx} {y} A{rx} 64 0 0 0 {500 + rx} {y}", cream, 7, alpha=0.95)
        s.line(f"M{500 - rx} {y} A{rx} 64 0 0 0 {500 + rx} {y}", gold, 20, alpha=0.25)
    s.rect(-600, 1330, 2200, 300, s.shade("mf", ((0, night, 0), (0.55, night, 0.85), (1, night, 1))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.2, light=0.2, gap=0.07, inline=0.035),
        ink="#f6e4bb",
        second="#0d1220",
        lines={
            "en": (("METROPOLIS", 165),),
            "de": (("METROPOLIS", 165), ("EIN FILM VON FRITZ LANG", 34)),
            "fr": (("MÉTROPOLIS", 165), ("UN FILM DE FRITZ LANG", 34)),
        },
        foot="A FILM BY FRITZ LANG · UFA 1927",
        foot_ink="#e3a83a",
        logo_ink="#f1c869",
    ),
    window=(-300, 500, 1600),
    tones=("#0b1424", "#f3dba5"),
)
