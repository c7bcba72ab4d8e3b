"""Photos for the demo's repairs, drawn: a device on a bench, with its damage."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFilter

from repairs.pictures import Picture, read_picture

SIZE = 1200, 900
BENCHES = ((186, 164, 134), (142, 150, 158), (120, 132, 112), (164, 148, 156))
CASES = ((38, 42, 48), (214, 216, 220), (54, 74, 104), (96, 60, 62))


def drawn(seed: int) -> Picture:
    """One picture; the same seed draws the same one."""
    chance = random.Random(seed)  # noqa: S311  # a picture, no secret
    image = _bench(chance)
    draw = ImageDraw.Draw(image)
    width, height = chance.choice(((360, 700), (760, 520), (560, 640)))
    left, top = (SIZE[0] - width) // 2 + chance.randint(-70, 70), (SIZE[1] - height) // 2
    box = (left, top, left + width, top + height)
    case = chance.choice(CASES)
    draw.rounded_rectangle(
        tuple(each + 14 for each in box), 46, fill=tuple(each // 2 for each in BENCHES[0])
    )
    draw.rounded_rectangle(box, 46, fill=case, outline=tuple(each // 2 for each in case), width=6)
    screen = (left + 26, top + 40, left + width - 26, top + height - 40)
    draw.rounded_rectangle(screen, 22, fill=(16, 20, 26))
    _damage(draw, chance, screen)
    out = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(0.8)).save(out, "JPEG", quality=82)
    return read_picture(io.BytesIO(out.getvalue()))


def _bench(chance: random.Random) -> Image.Image:
    """A bench with a grain, lighter where the lamp stands."""
    image = Image.new("RGB", SIZE, chance.choice(BENCHES))
    draw = ImageDraw.Draw(image)
    red, green, blue = image.getpixel((0, 0))  # type: ignore[misc]
    for y in range(0, SIZE[1], 3):
        light = chance.randint(-9, 9) + (SIZE[1] // 2 - y) // 30
        draw.line((0, y, SIZE[0], y), fill=(red + light, green + light, blue + light), width=3)
    return image


def _damage(
    draw: ImageDraw.ImageDraw, chance: random.Random, screen: tuple[int, int, int, int]
) -> None:
    """A crack that branches across the screen."""
    left, top, right, bottom = screen
    x, y = chance.randint(left + 40, right - 40), top
    while y < bottom - 10:
        to_x = min(max(x + chance.randint(-60, 60), left), right)
        to_y = min(y + chance.randint(30, 90), bottom)
        draw.line((x, y, to_x, to_y), fill=(196, 204, 214), width=4)
        if chance.random() < 0.5:
            side = min(max(to_x + chance.randint(-140, 140), left), right)
            draw.line((to_x, to_y, side, min(to_y + 70, bottom)), fill=(150, 160, 170), width=2)
        x, y = to_x, to_y
