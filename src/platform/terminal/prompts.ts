/**
 * Questions to a person, by @inquirer/prompts, which is loaded when the first is asked.
 * Rules: written to stderr; foreign text in questions and choices is escaped here; Ctrl-C and Esc leave all as it was (InterruptedError, exit 130).
 */
import { InterruptedError } from '../../errors.ts';
import { bestMatches } from '../../lib/fuzzy.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import type { Choice, Prompter, PromptStreams } from '../io.ts';
import { createPlainPrompter } from './plain-prompts.ts';

/** More than anybody reads, and few enough that each key is answered at once. */
const MOST_CHOICES = 200;

/** @param plain lines one after the other, nothing redrawn */
export function createPrompter(streams: PromptStreams, plain = false): Prompter {
  const prompter = createRawPrompter(streams, plain);
  return {
    pick: (message, choices) => prompter.pick(escapeForTerminal(message), choices.map(safeChoice)),
    confirm: (message, initial) => prompter.confirm(escapeForTerminal(message), initial),
    input: message => prompter.input(escapeForTerminal(message)),
    secret: message => prompter.secret(escapeForTerminal(message)),
  };
}

function safeChoice<T>(choice: Choice<T>): Choice<T> {
  const name = escapeForTerminal(choice.name);
  return { ...choice, name, ...(choice.short === undefined ? {} : { short: escapeForTerminal(choice.short) }) };
}

function createRawPrompter(streams: PromptStreams, plain: boolean): Prompter {
  const ask = async <T>(question: (context: PromptStreams) => Promise<T>): Promise<T> => {
    const left = new AbortController();
    const onKeypress = (_: unknown, key: { name?: string } | undefined) => {
      if (key?.name === 'escape') left.abort();
    };
    streams.input.on('keypress', onKeypress);
    try {
      return await question({ ...streams, signal: AbortSignal.any([streams.signal, left.signal]) });
    } catch (error) {
      if (error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError')) {
        throw new InterruptedError('left without an answer', { cause: error });
      }
      throw error;
    } finally {
      streams.input.off('keypress', onKeypress);
    }
  };
  return {
    pick: (message, choices) =>
      ask(async context => {
        const { search, Separator } = await import('@inquirer/prompts');
        const source = (term: string | undefined) => {
          const matches = bestMatches(choices, term ?? '', choice => choice.name);
          const shown = matches.slice(0, MOST_CHOICES).map(choice => shownChoice(choice, widthOf(streams)));
          const rest = matches.length - shown.length;
          return rest > 0 ? [...shown, new Separator(`… ${rest} more: type to narrow it down`)] : shown;
        };
        return search({ message, pageSize: 12, source }, context);
      }),
    confirm: (message, initial = false) =>
      ask(async context => {
        const { confirm } = await import('@inquirer/prompts');
        return confirm({ message, default: initial }, context);
      }),
    input: message =>
      ask(async context => {
        const { input } = await import('@inquirer/prompts');
        return input({ message }, context);
      }),
    secret: message =>
      ask(async context => {
        const { password } = await import('@inquirer/prompts');
        return password({ message }, context);
      }),
    ...(plain ? createPlainPrompter(streams) : {}),
  };
}

/** On one line of the terminal: a line that wraps would be drawn in the wrong place. */
function shownChoice<T>(choice: Choice<T>, width: number): { value: T; name: string; short: string } {
  const line = choice.name.length > width ? `${choice.name.slice(0, width - 1)}…` : choice.name;
  return { value: choice.value, name: choice.paint ? choice.paint(line) : line, short: choice.short ?? choice.name };
}

function widthOf({ output }: PromptStreams): number {
  const { columns } = output as { columns?: number };
  return Math.max(10, (columns || 80) - 3);
}
