/** The picker: a list that is filtered by what is typed. A prompt for @inquirer/core, whose own search knows neither pages nor a count. */
import {
  createPrompt,
  isDownKey,
  isEnterKey,
  isUpKey,
  type KeypressEvent,
  makeTheme,
  useKeypress,
  useMemo,
  usePrefix,
  useState,
} from '@inquirer/core';
import { bestMatches } from '../../lib/fuzzy.ts';
import type { Choice } from '../io.ts';

interface PickerConfig<T> {
  readonly message: string;
  readonly choices: readonly Choice<T>[];
  /** Columns of the terminal. */
  readonly width: number;
}

const PAGE = 12;
const POINTER = '❯';

/** Resolves to the value of the chosen line. */
export const picker: <T>(
  config: PickerConfig<T>,
  context: {
    readonly input: NodeJS.ReadableStream;
    readonly output: NodeJS.WritableStream;
    readonly signal: AbortSignal;
  },
) => Promise<T> = createPrompt<unknown, PickerConfig<unknown>>((config, done) => {
  const theme = makeTheme();
  const [status, setStatus] = useState<'idle' | 'done'>('idle');
  const [term, setTerm] = useState('');
  const [active, setActive] = useState(0);
  const prefix = usePrefix({ status, theme });
  const matches = useMemo(() => bestMatches(config.choices, term, choice => choice.name), [term]);
  const chosen = matches[active];
  useKeypress((key, rl) => {
    if (isEnterKey(key)) {
      if (chosen === undefined) return rl.write(term);
      setStatus('done');
      return done(chosen.value);
    }
    const next = moved(key, active, matches.length);
    if (next === undefined) {
      if (rl.line === term) return;
      setTerm(rl.line);
      return setActive(0);
    }
    // The key also moved the cursor, or changed the line.
    rl.clearLine(0);
    rl.write(term);
    setActive(next);
  });
  const message = theme.style.message(config.message, status);
  if (status === 'done') return `${prefix} ${message} ${theme.style.answer(chosen?.short ?? chosen?.name ?? '')}`;
  const first = Math.max(0, Math.min(active - Math.floor(PAGE / 2), matches.length - PAGE));
  const lines = matches.slice(first, first + PAGE).map((choice, i) => {
    const line = shownLine(choice, config.width - 2);
    return first + i === active ? theme.style.highlight(`${POINTER} ${line}`) : `  ${line}`;
  });
  const page = lines.length === 0 ? theme.style.help('  nothing matches') : lines.join('\n');
  const help = helpLine(matches.length, config.choices.length, config.width);
  return [`${prefix} ${message} ${term}`, `${page}\n${theme.style.help(help)}`];
}) as typeof picker;

/** The line that a key leads to. Undefined: the key does not move. */
function moved(key: KeypressEvent, active: number, count: number): number | undefined {
  const last = Math.max(0, count - 1);
  if (isUpKey(key)) return Math.max(0, active - 1);
  if (isDownKey(key)) return Math.min(last, active + 1);
  switch (key.name) {
    case 'pageup':
      return Math.max(0, active - PAGE);
    case 'pagedown':
      return Math.min(last, active + PAGE);
    case 'home':
      return 0;
    case 'end':
      return last;
    default:
      return undefined;
  }
}

/** Cuts a line to the terminal: a wrapped line would be redrawn in the wrong place. */
function shownLine({ name, paint }: Choice<unknown>, width: number): string {
  const line = name.length > width ? `${name.slice(0, Math.max(1, width - 1))}…` : name;
  return paint ? paint(line) : line;
}

function helpLine(found: number, all: number, width: number): string {
  const count = found === all ? `${all}` : `${found} of ${all}`;
  const long = `${count} · type to filter · ↑↓ PgUp PgDn Home End · Enter picks · Esc cancels`;
  const short = `${count} · type to filter, Esc cancels`;
  return (long.length < width ? long : short).slice(0, Math.max(1, width - 1));
}
