"""What torchvision 0.14 (Debian: python3-torchvision) makes of small images, and PIL where it differs by its rounding."""
import math

import torch
import torchvision.transforms as T
import torchvision.transforms.functional as F
from torchvision.transforms import InterpolationMode as Mode

from fixture import Cases

MODES = dict(nearest=Mode.NEAREST, bilinear=Mode.BILINEAR, bicubic=Mode.BICUBIC)


class Images(Cases):
    """Every case is a transform of bytes, and of the floats that these are shares of 255 of."""

    def __init__(self):
        super().__init__()
        ramp = torch.linspace(0, 2 * math.pi, 13)[:, None] * torch.linspace(0.3, 1.2, 18)[None] + torch.arange(3)[:, None, None]
        noise = torch.randint(-30, 31, (3, 13, 18))
        self.bytes = (127.5 + 110 * torch.sin(ramp) + noise).clamp(0, 255).to(torch.uint8)
        self.tensors['image'] = self.bytes

    def add(self, name, args, f, pil=False):
        outputs = dict(pil=F.pil_to_tensor(f(F.to_pil_image(self.bytes)))) if pil else dict(
            bytes=f(self.bytes), floats=f(self.bytes.float() / 255))
        for key, x in outputs.items():
            self.tensors[f'{len(self.list)}.{key}'] = x.detach().clone().contiguous()
        self.end(transform=name, args=args)


def resizes(c):
    for mode in MODES:
        for size in (8, [7, 30], [26, 9], [1, 1]):
            for antialias in (True, False):
                if mode == 'nearest' and antialias:
                    continue
                c.add('resize', [size, dict(interpolation=mode, antialias=antialias)],
                      lambda x: F.resize(x, size, MODES[mode], antialias=antialias))
        for size in ([7, 30], [20, 9]):
            if mode != 'nearest':
                c.add('resize', [size, dict(interpolation=mode)], lambda x: F.resize(x, size, MODES[mode]), pil=True)
    c.add('resize', [12, dict(maxSize=14)], lambda x: F.resize(x, 12, max_size=14, antialias=True))
    c.add('resize', [12, dict(maxSize=40)], lambda x: F.resize(x, 12, max_size=40, antialias=True))


def places(c):
    for size in (6, 7, [13, 18], [4, 17], 20, [21, 5]):
        c.add('centerCrop', [size], lambda x: F.center_crop(x, size))
    for padding in (2, [3, 1], [0, 1, 2, 3]):
        c.add('pad', [padding, dict(fill=0.25)], lambda x: F.pad(x, padding, 0.25 if x.is_floating_point() else 0))
        for mode in ('edge', 'reflect', 'symmetric'):
            c.add('pad', [padding, dict(paddingMode=mode)], lambda x: F.pad(x, padding, padding_mode=mode))
    for angle in (17, -128.5, 180, 300):
        for mode in ('nearest', 'bilinear'):
            c.add('rotate', [angle, dict(interpolation=mode)], lambda x: F.rotate(x, angle, MODES[mode]))
    c.add('rotate', [31, dict(center=[4, 2], fill=1)], lambda x: F.rotate(x, 31, center=[4, 2], fill=[1]))
    # torchvision grows by whole pixels on both sides: as PIL, only where sides are even.
    c.add('rotate', [31, dict(expand=True)], lambda x: F.rotate(x, 31, expand=True), pil=True)


def colors(c):
    for factor in (0, 0.3, 1, 1.7):
        c.add('adjustBrightness', [factor], lambda x: F.adjust_brightness(x, factor))
        c.add('adjustContrast', [factor], lambda x: F.adjust_contrast(x, factor))
        c.add('adjustSaturation', [factor], lambda x: F.adjust_saturation(x, factor))
    for shift in (-0.5, -0.2, 0, 0.1, 0.5):
        c.add('adjustHue', [shift], lambda x: F.adjust_hue(x, shift))
    for channels in (1, 3):
        c.add('grayscale', [dict(numOutputChannels=channels)], lambda x: F.rgb_to_grayscale(x, channels))


def make():
    cases = Images()
    resizes(cases)
    places(cases)
    colors(cases)
    # The models' preprocessing, as timm composes it, on a smaller scale: 32 pixels are 28 / 0.875.
    preprocess = T.Compose([T.Resize(32, Mode.BICUBIC), T.CenterCrop(28), T.ToTensor(),
                            T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])
    cases.tensors['preprocessed'] = preprocess(F.to_pil_image(cases.bytes))
    cases.save('transforms')
