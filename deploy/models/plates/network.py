"""The network: YuNet's plan (depthwise separable convolutions, a small feature pyramid, one anchor-free head for each of three grids).

Output of each grid: class score, object score, box (centre in cells, logarithm of the size in cells), as daemon/worker reads them.
"""
import cv2
import torch
from torch import nn
from torch.nn import functional

STRIDES = (8, 16, 32)


def separable(inputs, outputs, stride=1):
    """1 x 1, then 3 x 3 by channel: YuNet's unit."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.Conv2d(outputs, outputs, 3, stride, 1, groups=outputs, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def halved(inputs, outputs):
    """A dense convolution, to half the size."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def stage(inputs, outputs, units):
    return nn.Sequential(nn.MaxPool2d(2), *[separable(inputs if i == 0 else outputs, outputs) for i in range(units)])


class Head(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.shared = nn.Sequential(separable(width, width), separable(width, width))
        self.cls, self.obj, self.box = nn.Conv2d(width, 1, 1), nn.Conv2d(width, 1, 1), nn.Conv2d(width, 4, 1)
        for score in (self.cls, self.obj):
            # Few cells hold a plate: begin by saying so. Not by equal numbers: export would join what is equal, and OpenCV cannot read that.
            nn.init.normal_(score.bias, -4.0, 0.01)

    def forward(self, features):
        features = self.shared(features)
        return torch.cat([self.cls(features), self.obj(features)], 1), self.box(features)


class PlateNet(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        # A quarter of the size after two layers: above that, training on a CPU would spend most of its time.
        self.stem = nn.Sequential(
            halved(3, 16),
            halved(16, 32),
            separable(32, 32),
            separable(32, 32),
        )
        self.to8, self.to16, self.to32 = stage(32, width, 3), stage(width, width, 3), stage(width, 96, 3)
        self.across = nn.Conv2d(96, width, 1)
        self.fuse16, self.fuse8 = separable(width, width), separable(width, width)
        self.heads = nn.ModuleList([Head(width) for _ in STRIDES])

    def forward(self, pixels):
        """BGR 0..255 in, (scores as logits, box) of each grid out."""
        return [head(features) for head, features in zip(self.heads, self.pyramid(pixels))]

    def pyramid(self, pixels):
        at8 = self.to8(self.stem((pixels - 128) / 64))
        at16 = self.to16(at8)
        at32 = self.across(self.to32(at16))
        at16 = self.fuse16(at16 + functional.interpolate(at32, scale_factor=2.0, mode="nearest"))
        at8 = self.fuse8(at8 + functional.interpolate(at16, scale_factor=2.0, mode="nearest"))
        return at8, at16, at32


class Exported(nn.Module):
    """What is written to ONNX: flat lists of cells with scores 0..1. The -1 keeps the graph right for every size of picture."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, pixels):
        def flat(grid):
            return grid.permute(0, 2, 3, 1).reshape(1, -1, grid.shape[1])

        out = []
        for head, features in zip(self.net.heads, self.net.pyramid(pixels)):
            features = head.shared(features)
            out += [flat(torch.sigmoid(head.cls(features))), flat(torch.sigmoid(head.obj(features))), flat(head.box(features))]
        return out


def export(net, path):
    net = Exported(net).eval()
    names = [f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox")]
    torch.onnx.export(net, torch.zeros(1, 3, 320, 320), path, input_names=["input"], output_names=names, opset_version=11)


def load_exported(net, path, pixels):
    """Gives `net` the weights of an exported file. Export folds each normalisation into the convolution before it; what `pixels` (some
    pictures) look like there takes it apart again, so that training can go on."""
    exported = cv2.dnn.readNetFromONNX(str(path))
    layers = [exported.getLayer(exported.getLayerId(name)) for name in exported.getLayerNames()]
    blobs = [[torch.from_numpy(blob.copy()) for blob in layer.blobs] for layer in layers if layer.type == "Convolution"]
    modules = [module for module in net.modules() if isinstance(module, (nn.Conv2d, nn.BatchNorm2d))]
    convolutions = [module for module in modules if isinstance(module, nn.Conv2d)]
    if len(blobs) != len(convolutions):
        raise SystemExit(f"{path}: has {len(blobs)} convolutions, this network {len(convolutions)}")
    seen = {}
    with torch.no_grad():
        for convolution, (weight, *bias) in zip(convolutions, blobs):
            convolution.weight.copy_(weight.reshape(convolution.weight.shape))
            following = modules[modules.index(convolution) + 1] if convolution is not modules[-1] else None
            if convolution.bias is not None:
                convolution.bias.copy_(bias[0].flatten())
            elif isinstance(following, nn.BatchNorm2d):
                following.weight.fill_(1)
                following.bias.copy_(bias[0].flatten())
                following.running_mean.zero_()
                following.running_var.fill_(1 - following.eps)
                following.register_forward_hook(lambda module, inputs, _: seen.__setitem__(module, inputs[0]))
        net.eval()(pixels)
        for module, values in seen.items():
            module._forward_hooks.clear()
            mean, variance = values.mean((0, 2, 3)), values.var((0, 2, 3), unbiased=False)
            module.weight.copy_((variance + module.eps).sqrt())
            module.bias.add_(mean)
            module.running_mean.copy_(mean)
            module.running_var.copy_(variance)
    net.train()
