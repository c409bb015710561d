/**
 * Interactive prompts, with @inquirer/prompts. It is loaded at the first prompt.
 * Rules: prompts go to stderr; untrusted text in questions and choices is escaped here; Ctrl-C, Ctrl-D and Esc cancel and change nothing
 * (InterruptedError, exit 130).
 */
import { InterruptedError } from '../../errors.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import type { Choice, Prompter, PromptStreams } from '../io.ts';
import { createPlainPrompter } from './plain-prompts.ts';

/** @param plain print plain lines and never redraw */
export function createPrompter(streams: PromptStreams, plain = false): Prompter {
  const prompter = createRawPrompter(streams, plain);
  return {
    pick: (message, choices) => prompter.pick(escapeForTerminal(message), choices.map(safeChoice)),
    pickSeveral: (message, choices) => prompter.pickSeveral(escapeForTerminal(message), choices.map(safeChoice)),
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
    // At Ctrl-D, readline closes and the prompt would wait for ever: the process would end with exit 0.
    const onKeypress = (_: unknown, key: { name?: string; ctrl?: boolean } | undefined) => {
      if (key?.name === 'escape' || (key?.ctrl && key.name === 'd')) left.abort();
    };
    streams.input.on('keypress', onKeypress);
    // After Ctrl-Z and fg, readline has paused its input, and nothing else resumes it.
    const onContinue = () => setImmediate(() => streams.input.resume());
    process.on('SIGCONT', onContinue);
    try {
      return await question({ ...streams, signal: AbortSignal.any([streams.signal, left.signal]) });
    } catch (error) {
      if (error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError')) {
        throw new InterruptedError('cancelled; nothing changed', { cause: error });
      }
      throw error;
    } finally {
      streams.input.off('keypress', onKeypress);
      process.off('SIGCONT', onContinue);
    }
  };
  return {
    pick: <T>(message: string, choices: readonly Choice<T>[]) =>
      ask(async context => {
        const { picker } = await import('./picker.ts');
        return picker({ message, choices, width: widthOf(streams) }, context);
      }),
    pickSeveral: (message, choices) =>
      ask(async context => {
        const { checkbox } = await import('@inquirer/prompts');
        const shown = choices.map(choice => shownChoice(choice, widthOf(streams) - 5));
        return checkbox({ message, pageSize: 12, choices: shown, required: true, loop: false }, context);
      }),
    confirm: (message, initial = false) =>
      ask(async context => {
        const { confirm } = await import('@inquirer/prompts');
        return confirm({ message, default: initial, theme: THEME }, context);
      }),
    input: message =>
      ask(async context => {
        const { input } = await import('@inquirer/prompts');
        return input({ message, theme: THEME }, context);
      }),
    secret: message =>
      ask(async context => {
        const { password } = await import('@inquirer/prompts');
        return password({ message, theme: THEME }, context);
      }),
    ...(plain ? createPlainPrompter(streams) : {}),
  };
}

/** No tick after an answer: it may be a no. */
const THEME = { prefix: { idle: '?', done: '?' } };

/** Cuts a choice to one terminal line: the prompt would redraw a wrapped line in the wrong place. */
function shownChoice<T>(choice: Choice<T>, width: number): { value: T; name: string; short: string } {
  const line = choice.name.length > width ? `${choice.name.slice(0, width - 1)}…` : choice.name;
  return { value: choice.value, name: choice.paint ? choice.paint(line) : line, short: choice.short ?? choice.name };
}

function widthOf({ output }: PromptStreams): number {
  const { columns } = output as { columns?: number };
  return Math.max(10, columns || 80);
}
