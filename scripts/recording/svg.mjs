// Converts a terminal recording to an SVG with CSS animation. Each line of the screen is one element, visible as long as the line is on the screen.
// Without animation (an unsupported viewer, prefers-reduced-motion), the last screen is shown.
import xterm from '@xterm/headless';

const CELL = { width: 8.4, height: 18 };
const MARGIN = { top: 40, side: 16 };
const STILL_AT_END = 6;
/** Events closer together than this form one frame (seconds). */
const SAME_PICTURE = 0.03;
const BACKGROUND = '#16191f';
const FOREGROUND = '#d6dae0';
const PALETTE = [
  ...['#16191f', '#ff6b6b', '#7bd88f', '#e5c07b', '#61afef', '#c891e8', '#56c8d8', '#d6dae0'],
  ...['#7d8590', '#ff8787', '#96e6a8', '#f0d399', '#82c4ff', '#dab0f5', '#7fdbe8', '#ffffff'],
];

const escapeXml = text => text.replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c);

/** One line of the screen as SVG text, with one element for each run of cells of the same style. */
function drawLine(line, y) {
  const runs = [];
  for (let x = 0; x < line.length; x++) {
    const cell = line.getCell(x);
    const style = [
      `fill="${cell.isFgPalette() ? PALETTE[cell.getFgColor() % 16] : FOREGROUND}"`,
      cell.isBold() ? 'font-weight="bold"' : '',
      cell.isDim() ? 'opacity="0.6"' : '',
      cell.isUnderline() ? 'text-decoration="underline"' : '',
    ]
      .filter(Boolean)
      .join(' ');
    const run = runs.at(-1);
    if (run?.style === style) run.text += cell.getChars() || ' ';
    else runs.push({ x, style, text: cell.getChars() || ' ' });
  }
  return runs
    .map(run => ({ ...run, text: run.text.trimEnd() }))
    .filter(run => run.text !== '')
    .map(({ x, style, text }) => {
      const left = (MARGIN.side + x * CELL.width).toFixed(1);
      const length = (text.length * CELL.width).toFixed(1);
      return `<text x="${left}" y="${MARGIN.top + y * CELL.height + 14}" textLength="${length}" ${style}>${escapeXml(text)}</text>`;
    })
    .join('');
}

/** The frames: time, drawn lines and cursor position. */
async function pictures({ width, height, events }) {
  const terminal = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true, scrollback: 0 });
  const result = [];
  for (const [index, [time, , data]] of events.entries()) {
    await new Promise(resolve => terminal.write(data, resolve));
    const next = events[index + 1];
    if (next !== undefined && next[0] - time < SAME_PICTURE) continue;
    const { active } = terminal.buffer;
    result.push({
      time,
      lines: Array.from({ length: height }, (_, y) => drawLine(active.getLine(active.baseY + y), y)),
      cursor: [MARGIN.side + active.cursorX * CELL.width, MARGIN.top + active.cursorY * CELL.height],
    });
  }
  return result;
}

export async function toSvg({ width, height, title, events }) {
  const frames = await pictures({ width, height, events });
  const seconds = events.at(-1)[0] + STILL_AT_END;
  const percent = time => `${((time / seconds) * 100).toFixed(2)}%`;
  const css = [];
  const drawn = [];
  const lastLine = frames.at(-1).lines.findLastIndex(line => line !== '');
  for (let y = 0; y < height; y++) {
    let from = 0;
    while (from < frames.length) {
      const text = frames[from].lines[y];
      let to = from + 1;
      while (to < frames.length && frames[to].lines[y] === text) to++;
      if (text !== '') {
        const name = `l${drawn.length}`;
        const last = to === frames.length;
        const end = last ? '' : `${percent(frames[to].time)}{visibility:hidden}`;
        css.push(`@keyframes ${name}{0%{visibility:hidden}${percent(frames[from].time)}{visibility:visible}${end}}`);
        drawn.push(`<g class="${last ? 'stays' : 'goes'}" style="animation-name:${name}">${text}</g>`);
      }
      from = to;
    }
  }
  const steps = frames.map(
    ({ time, cursor: [x, y] }) => `${percent(time)}{transform:translate(${x.toFixed(1)}px,${y}px)}`,
  );
  const w = Math.ceil(2 * MARGIN.side + width * CELL.width);
  const h = MARGIN.top + (lastLine + 2) * CELL.height;
  const [x, y] = frames.at(-1).cursor;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img" aria-label="${escapeXml(title)}">
<title>${escapeXml(title)}</title>
<style>
text{white-space:pre}
.goes{visibility:hidden}
.goes,.stays,.cursor{animation:${seconds.toFixed(2)}s step-end infinite}
.cursor{transform:translate(${x.toFixed(1)}px,${y}px);animation-name:cursor}
@media (prefers-reduced-motion:reduce){.goes,.stays,.cursor{animation:none}}
@keyframes cursor{0%{transform:translate(${MARGIN.side}px,${MARGIN.top}px)}${steps.join('')}}
${css.join('\n')}
</style>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
<circle cx="20" cy="18" r="5" fill="${PALETTE[1]}"/><circle cx="38" cy="18" r="5" fill="${PALETTE[3]}"/><circle cx="56" cy="18" r="5" fill="${PALETTE[2]}"/>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">
<rect class="cursor" width="${CELL.width}" height="${CELL.height}" fill="${FOREGROUND}" opacity="0.5"/>
${drawn.join('\n')}
</g>
</svg>
`;
}
