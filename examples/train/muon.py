"""Muon (Jordan et al., 2024): momentum whose matrices are brought to singular values near one."""

import torch


@torch.no_grad()
def orthogonalized(stack, steps=5):
    """Newton-Schulz iteration on matrices [count, rows, columns], in bfloat16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = stack.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions; kernels of convolutions count as matrices."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is None:
                    continue
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.lerp_(p.grad, 1 - group["momentum"])
                ahead = p.grad.lerp(velocity, group["momentum"])
                shapes.setdefault(p.shape, []).append((p, ahead.flatten(1)))
            for rows in shapes.values():
                updates = orthogonalized(torch.stack([update for _, update in rows]))
                # The size that an update of Adam has (Liu et al., 2025).
                scale = 0.2 * max(updates.shape[1:]) ** 0.5
                for (p, _), update in zip(rows, updates):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update.view_as(p).to(p.dtype), alpha=-group["lr"] * scale)
