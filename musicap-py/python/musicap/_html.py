"""Captions as HTML: a player, and a table in which the current caption is highlighted."""

from __future__ import annotations

import html
import os
import uuid
from typing import TYPE_CHECKING

from musicap._results import _clock

if TYPE_CHECKING:
    from musicap._results import Captions

_STYLE = """
#{id} {{ max-width: 56rem; font: 14px/1.5 system-ui, sans-serif; }}
#{id} audio {{ width: 100%; margin: 0 0 .5rem; }}
#{id} .summary {{ margin: 0 0 .75rem; padding: .5rem .75rem; border-left: 3px solid #4c78a8;
  background: rgba(76, 120, 168, .1); }}
#{id} nav {{ display: flex; flex-wrap: wrap; gap: .35rem; margin: 0 0 .75rem; }}
#{id} nav button {{ border: 1px solid rgba(128, 128, 128, .4); border-radius: 99px;
  padding: .1rem .65rem; }}
#{id} nav button.now {{ background: rgba(245, 166, 35, .25); }}
#{id} ol {{ list-style: none; margin: 0; padding: 0; }}
#{id} li {{ display: grid; grid-template-columns: 6.5rem 1fr; border-radius: 4px;
  border-top: 1px solid rgba(128, 128, 128, .25); }}
#{id} button {{ all: unset; cursor: pointer; padding: .3rem .5rem; color: #4c78a8;
  font-variant-numeric: tabular-nums; }}
#{id} button:hover, #{id} button:focus-visible {{ text-decoration: underline; }}
#{id} button:disabled {{ color: inherit; opacity: .7; cursor: default; text-decoration: none; }}
#{id} li > span {{ padding: .3rem .5rem; }}
#{id} li.now {{ background: rgba(245, 166, 35, .25); }}
#{id} .note {{ opacity: .7; margin: .5rem 0 0; }}
"""

# Of captions that overlap, the latest is the current one.
_SCRIPT = """
(() => {{
  const root = document.getElementById("{id}");
  const audio = root.querySelector("audio");
  const lists = ["li", "nav button"].map((name) => [...root.querySelectorAll(name)]);
  const follow = () => {{
    const at = audio.currentTime;
    lists.forEach((spans) => {{
      const on = spans.filter((span) => span.dataset.start <= at && at < span.dataset.end);
      spans.forEach((span) => {{
        const now = !(audio.paused && at === 0) && span === on[on.length - 1];
        span.classList.toggle("now", now);
        now ? span.setAttribute("aria-current", "true") : span.removeAttribute("aria-current");
      }});
    }});
  }};
  ["timeupdate", "seeked", "play", "pause"].forEach((name) => audio.addEventListener(name, follow));
  lists.flat().forEach((span) => (span.querySelector("button") || span).addEventListener("click", () => {{
    audio.currentTime = span.dataset.start;
    audio.play();
  }}));
}})();
"""


def render(result: Captions, player_bytes: int) -> str:
    """A fragment that contains all it needs, with at most ``player_bytes`` of audio."""
    name = f"musicap-{uuid.uuid4().hex[:12]}"
    source = result._source if player_bytes > 0 else None
    url = source.data_url(player_bytes) if source is not None else None
    parts = [f'<div id="{name}"><style>{_STYLE.format(id=name)}</style>']
    if url is not None:
        title = html.escape(os.path.basename(result.file or "recording"))
        parts.append(f'<audio controls preload="metadata" aria-label="{title}" src="{url}"></audio>')
    elif source is not None:
        note = "There is no player: the recording is not available any more, or too long."
        parts.append(f'<p class="note">{note}</p>')
    if result.summary:
        parts.append(f'<p class="summary">{html.escape(result.summary)}</p>')
    off = "" if url is not None else " disabled"
    # One section is the whole.
    if len(result.sections) > 1:
        parts.append('<nav aria-label="Sections">')
        for section in result.sections:
            parts.append(
                f'<button type="button" data-start="{section.start_s}" data-end="{section.end_s}"{off}>'
                f"{_clock(section.start_s)} {html.escape(section.title)}</button>"
            )
        parts.append("</nav>")
    lang = "" if result.language is None else f' lang="{html.escape(result.language)}"'
    parts.append(f"<ol{lang}>")
    for caption in result.captions:
        span = f"{_clock(caption.start_s)}–{_clock(caption.end_s)}"
        parts.append(
            f'<li data-start="{caption.start_s}" data-end="{caption.end_s}">'
            f'<button type="button"{off}>{span}</button>'
            f"<span>{html.escape(caption.text)}</span></li>"
        )
    parts.append("</ol>")
    for gap in result.gaps:
        parts.append(f'<p class="note">{html.escape(gap.reason)}</p>')
    if not result.captions:
        parts.append('<p class="note">The recording is too short for a caption.</p>')
    if url is not None:
        parts.append(f"<script>{_SCRIPT.format(id=name)}</script>")
    parts.append("</div>")
    return "".join(parts)
