"""Reliability plots: how often something is right against its confidence."""

SIZE, MARGIN = 360, 46


def wilson(share, n, z=1.96):
    """The 95 % interval of a share of `n`."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5 / (1 + z * z / n)
    return middle - half, middle + half


def plot(series, axis):
    """An SVG of series (label, colour, bins) with Wilson intervals; a bin is its size, its mean confidence
    and the share that is right, which `axis` names."""
    x = lambda v: MARGIN + v * (SIZE - 2 * MARGIN)  # noqa: E731
    y = lambda v: SIZE - x(v)  # noqa: E731
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" font-family="sans-serif" font-size="11">',
        f'<rect width="{SIZE}" height="{SIZE}" fill="white"/>',
        f'<path d="M{x(0)} {y(0)}H{x(1)}V{y(1)}H{x(0)}Z" fill="none" stroke="#999"/>',
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#bbb" stroke-dasharray="4 3"/>',
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        lines.append(f'<text x="{x(tick)}" y="{y(0) + 15}" text-anchor="middle">{tick:g}</text>')
        lines.append(f'<text x="{x(0) - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    lines.append(f'<text x="{SIZE / 2}" y="{SIZE - 8}" text-anchor="middle">confidence</text>')
    lines.append(f'<text transform="translate(12 {SIZE / 2}) rotate(-90)" text-anchor="middle">{axis}</text>')
    for place, (label, colour, bins) in enumerate(series):
        for n, confidence, share in bins:
            low, high = wilson(share, n)
            at = x(confidence) + 2 * place
            lines.append(f'<path d="M{at:.1f} {y(low):.1f}V{y(high):.1f}" stroke="{colour}" stroke-width="1.5"/>')
            lines.append(f'<circle cx="{at:.1f}" cy="{y(share):.1f}" r="3.5" fill="{colour}"/>')
        lines.append(f'<circle cx="{x(0) + 12}" cy="{y(1) + 14 + 15 * place}" r="3.5" fill="{colour}"/>')
        lines.append(f'<text x="{x(0) + 20}" y="{y(1) + 18 + 15 * place}">{label}</text>')
    return "\n".join(lines) + "\n</svg>\n"
