/**
 * Questions to a person, by @inquirer/prompts, which is loaded when the first is asked.
 * Rules: written to stderr; Ctrl-C and Esc leave all as it was (InterruptedError, exit 130).
 */
import type { Readable, Writable } from 'node:stream';
import { InterruptedError } from '../errors.ts';
import type { Choice, Prompter } from './io.ts';

export interface PromptStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

export function createPrompter(streams: PromptStreams): Prompter {
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
        const { search } = await import('@inquirer/prompts');
        return search({ message, pageSize: 12, source: term => matching(choices, term ?? '') }, context);
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
  };
}

/** The choices whose line contains every word that was typed, in any order and case. */
export function matching<T>(choices: readonly Choice<T>[], term: string): Choice<T>[] {
  const words = term.toLowerCase().split(/\s+/).filter(Boolean);
  return choices.filter(choice => {
    const line = choice.name.toLowerCase();
    return words.every(word => line.includes(word));
  });
}
