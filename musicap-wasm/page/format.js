// Times in words.

/** `0:10`, `59:59`, `1:00:00`. */
export function clock(seconds) {
  const total = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `about 4 seconds`, `about 2 minutes`. */
export function approximately(seconds) {
  const count = (n, unit) => `about ${n} ${unit}${n === 1 ? "" : "s"}`;
  if (seconds < 90) return count(Math.max(1, Math.round(seconds)), "second");
  return count(Math.round(seconds / 60), "minute");
}
