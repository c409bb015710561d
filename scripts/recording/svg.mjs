// Converts terminal recordings, one below the other, to an SVG with CSS animation. Each line of the screen is one element, visible as long as the line is on the screen.
// Without animation (an unsupported viewer, prefers-reduced-motion), the last screen is shown.
import xterm from '@xterm/headless';

const CELL = { width: 8.4, height: 18 };
const MARGIN = { top: 40, side: 16, bottom: 8 };
/** Between two panes. */
const GAP = 10;
const STILL_AT_END = 6;
/** Events closer together than this form one frame (seconds). */
const SAME_PICTURE = 0.03;
const BACKGROUND = '#16191f';
const FOREGROUND = '#d6dae0';
const PALETTE = [
  ...['#16191f', '#ff6b6b', '#7bd88f', '#e5c07b', '#61afef', '#c891e8', '#56c8d8', '#d6dae0'],
  ...['#7d8590', '#ff8787', '#96e6a8', '#f0d399', '#82c4ff', '#dab0f5', '#7fdbe8', '#ffffff'],
];

/** Spaces become no-break spaces: many renderers ignore `white-space: pre` and drop spaces. */
const escapeXml = text =>
  text.replace(/[&<> ]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', ' ': '\u00a0' })[c] ?? c);

/** One line of the screen as SVG text, with one element for each run of cells of the same style. */
function drawLine(line, top) {
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
  return (
    runs
      // Some renderers drop spaces at the start of a text, also no-break spaces: start after them.
      .map(({ x, style, text }) => ({ x: x + text.search(/\S|$/), style, text: text.trim() }))
      .filter(run => run.text !== '')
      .map(({ x, style, text }) => {
        const left = (MARGIN.side + x * CELL.width).toFixed(1);
        const length = (text.length * CELL.width).toFixed(1);
        return `<text x="${left}" y="${top + 14}" textLength="${length}" ${style}>${escapeXml(text)}</text>`;
      })
      .join('')
  );
}

/** The frames of a pane: time, drawn lines and cursor position. */
async function pictures({ width, height, events }, top) {
  const terminal = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true, scrollback: 0 });
  const result = [];
  for (const [index, [time, , data]] of events.entries()) {
    await new Promise(resolve => terminal.write(data, resolve));
    const next = events[index + 1];
    if (next !== undefined && next[0] - time < SAME_PICTURE) continue;
    const { active } = terminal.buffer;
    result.push({
      time,
      lines: Array.from({ length: height }, (_, y) =>
        drawLine(active.getLine(active.baseY + y), top + y * CELL.height),
      ),
      cursor: [MARGIN.side + active.cursorX * CELL.width, top + active.cursorY * CELL.height],
    });
  }
  return result;
}

/** One pane: its styles and elements, and the number of lines that it shows at the end. */
async function drawPane({ height, ...pane }, index, top, seconds) {
  const frames = await pictures({ height, ...pane }, top);
  const percent = time => `${((time / seconds) * 100).toFixed(2)}%`;
  const css = [];
  const drawn = [];
  for (let y = 0; y < height; y++) {
    let from = 0;
    while (from < frames.length) {
      const text = frames[from].lines[y];
      let to = from + 1;
      while (to < frames.length && frames[to].lines[y] === text) to++;
      if (text !== '') {
        const name = `p${index}l${drawn.length}`;
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
  const [x, y] = frames.at(-1).cursor;
  css.push(`@keyframes c${index}{0%{transform:translate(${MARGIN.side}px,${top}px)}${steps.join('')}}`);
  const style = `transform:translate(${x.toFixed(1)}px,${y}px);animation-name:c${index}`;
  drawn.unshift(
    `<rect class="cursor" style="${style}" width="${CELL.width}" height="${CELL.height}" fill="${FOREGROUND}" opacity="0.5"/>`,
  );
  return { css, drawn };
}

/** @param panes recordings with a title, from the top to the bottom; their times have one origin */
export async function toSvg(title, panes) {
  const seconds = Math.max(...panes.map(pane => pane.events.at(-1)[0])) + STILL_AT_END;
  const w = Math.ceil(2 * MARGIN.side + Math.max(...panes.map(pane => pane.width)) * CELL.width);
  const css = [];
  const drawn = [];
  let top = 0;
  for (const [index, pane] of panes.entries()) {
    const h = MARGIN.top + pane.height * CELL.height + MARGIN.bottom;
    const picture = await drawPane(pane, index, top + MARGIN.top, seconds);
    css.push(...picture.css);
    drawn.push(
      `<rect y="${top}" width="${w}" height="${h}" rx="8" fill="${BACKGROUND}"/>`,
      ...[PALETTE[1], PALETTE[3], PALETTE[2]].map(
        (color, i) => `<circle cx="${20 + i * 18}" cy="${top + 18}" r="5" fill="${color}"/>`,
      ),
      `<text x="${w / 2}" y="${top + 22}" text-anchor="middle" fill="${PALETTE[8]}">${escapeXml(pane.title)}</text>`,
      ...picture.drawn,
    );
    top += h + GAP;
  }
  const height = top - GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${height}" viewBox="0 0 ${w} ${height}" role="img" aria-label="${escapeXml(title)}">
<title>${escapeXml(title)}</title>
<style>
.goes{visibility:hidden}
.goes,.stays,.cursor{animation:${seconds.toFixed(2)}s step-end infinite}
@media (prefers-reduced-motion:reduce){.goes,.stays,.cursor{animation:none}}
${css.join('\n')}
</style>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">
${drawn.join('\n')}
</g>
</svg>
`;
}
