"""Joan between the flames and the cross of the window."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import flame, scatter
from deploy.dev.demo.art.sheet import Sheet

# The flames keep this far from her.
_CLEARING = 130


def _draw(s: Sheet) -> None:
    ash, bone, black, ember, amber, blood = "#cfc6b6", "#f5eee0", "#17120f", "#d9481c", "#f3a32f", "#7d1c14"
    s.flood(ash)
    s.poly(((500, -100), (-600, 1500), (1600, 1500)), bone, 0.5)
    s.burst(500, 640, 0, 1500, 20, 0.3, bone, 0.5)
    # The window's cross, thrown on the wall.
    s.rect(450, 330, 100, 1200, bone)
    s.rect(180, 560, 640, 100, bone)
    for base, width, height, fill, lean, step, start in (
        (1580, 330, 780, blood, 30, 196, -580),
        (1590, 260, 590, ember, -34, 168, -560),
        (1600, 190, 400, amber, 26, 132, -590),
    ):
        for k in range(-1, 16):
            x = start + k * step
            near = 1 - min(abs(x - 500) / 900, 1) * 0.5
            if abs(x - 500) < _CLEARING and fill != amber:
                near *= 0.62
            s.path(
                flame(x, base, width, height * near * (0.84 + 0.16 * ((k * 5) % 4)), lean * (1 if k % 2 else -1)), fill
            )
    # Joan at the stake: cropped head lifted to the light.
    s.rect(452, 690, 84, 900, "#5a3a28")
    s.rect(494, 690, 42, 900, "#452a1c")
    s.path(
        "M398 1500 C400 1330 392 1240 396 1130 C400 1060 440 1030 476 1018 L476 980 L540 980 L540 "
        "1018 C570 1030 604 1060 608 1130 C612 1240 600 1330 606 1500 Z",
        black,
    )
    s.path("M474 930 L546 930 L552 1046 Q512 1066 464 1046 Z", ash)
    with s.placed("rotate(-10 520 900)"):
        s.path(
            "M456 880 C446 800 480 764 532 764 C576 768 596 796 596 838 L614 886 L598 896 L600 912 L592 922 L596 934 "
            "C596 966 566 980 540 972 C496 962 462 940 456 880 Z",
            bone,
        )
        s.path(
            "M448 944 C404 856 436 746 524 742 C584 742 614 780 602 826 C574 808 548 808 534 826 C526 852 514 872 "
            "500 878 C494 906 490 932 478 962 C464 962 454 954 448 944 Z",
            "#2b1c14",
        )
        s.line("M552 856 Q572 844 590 856", black, 7, cap="round")
        s.line("M546 834 Q570 818 592 832", black, 4, cap="round")
        s.line("M566 926 Q580 920 592 926", "#8c2d20", 6, cap="round")
        s.path("M572 866 C564 888 562 898 571 904 C580 898 578 888 572 866 Z", "#6c9ab0")
        s.path("M508 884 C492 878 486 900 498 914 C508 914 512 896 508 884 Z", ash)
    s.line("M404 1180 Q500 1230 602 1180 M402 1240 Q500 1290 602 1240", ash, 13)
    s.rect(482, 1060, 14, 130, bone)
    s.rect(452, 1090, 74, 14, bone)
    s.path("M440 1150 C460 1130 500 1140 512 1170 C520 1200 480 1216 456 1200 Z", bone)
    for k in range(11):
        x = -500 + k * 200 + 20 * (k % 3)
        if abs(x - 500) > _CLEARING / 2:
            s.path(flame(x, 1600, 150, 300 + 70 * ((k * 3) % 4) / 2, 20 - 15 * (k % 3)), amber)
    for u, v in scatter(46, 0.2):
        s.circle(-500 + u * 2000, 460 + v * 800, 2.5 + 4 * ((v * 9) % 1), (amber, ember)[int(u * 20) % 2])
    s.rect(-600, 1360, 2200, 260, s.shade("jo", ((0, blood, 0), (1, black, 0.8))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.1, light=0.1, gap=0.16),
        ink="#17120f",
        lines={
            "en": (("THE PASSION OF", 62), ("JOAN OF ARC", 120)),
            "fr": (("LA PASSION DE", 62), ("JEANNE D'ARC", 120)),
        },
        logo_ink="#f3a85a",
        top=80,
    ),
    window=(-300, 560, 1600),
    tones=("#1a0f0c", "#f5e9d6"),
)
