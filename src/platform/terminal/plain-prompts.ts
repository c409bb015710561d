/**
 * Prompts for screen readers and terminals that cannot redraw (ZKUBECTL_PLAIN, TERM=dumb): plain lines, and the answer on one line.
 * Rules: an empty answer, Ctrl-C and Ctrl-D cancel and change nothing (InterruptedError, exit 130).
 */
import { createInterface } from 'node:readline';
import { InterruptedError } from '../../errors.ts';
import { bestMatches } from '../../lib/fuzzy.ts';
import type { Choice, Prompter, PromptStreams } from '../io.ts';

/** The number of choices to list at once. */
const SHOWN = 30;

export function createPlainPrompter(
  streams: PromptStreams,
): Pick<Prompter, 'pick' | 'pickSeveral' | 'confirm' | 'input'> {
  const say = (line: string) => streams.output.write(`${line}\n`);
  return {
    pick: async <T>(message: string, choices: readonly Choice<T>[]) => {
      let shown = choices;
      for (;;) {
        say(message);
        for (const [i, choice] of shown.slice(0, SHOWN).entries())
          say(`${i + 1}. ${choice.name.replace(/ {2,}/g, ', ')}`);
        if (shown.length > SHOWN) say(`and ${shown.length - SHOWN} more`);
        const answer = await ask(streams, 'number, or part of a name (Enter cancels): ');
        const picked = /^\d+$/.test(answer) ? shown[Number(answer) - 1] : undefined;
        if (picked && Number(answer) <= SHOWN) return picked.value;
        const matches = bestMatches(choices, answer, choice => choice.name);
        if (matches.length === 0) say(`no match for ${answer}`);
        else shown = matches;
      }
    },
    pickSeveral: async <T>(message: string, choices: readonly Choice<T>[]) => {
      for (;;) {
        say(message);
        for (const [i, choice] of choices.entries()) say(`${i + 1}. ${choice.name}`);
        const numbers = (await ask(streams, 'numbers, separated by spaces (Enter cancels): ')).split(/[\s,]+/);
        const picked = numbers.map(number => choices[/^\d+$/.test(number) ? Number(number) - 1 : -1]);
        if (picked.every(choice => choice !== undefined)) return [...new Set(picked)].map(choice => choice.value);
        say(`not a number from 1 to ${choices.length}: ${numbers.join(' ')}`);
      }
    },
    confirm: async (message, initial = false) => {
      const answer = await ask(streams, `${message} type yes or no (Enter: ${initial ? 'yes' : 'no'}): `, true);
      return answer === '' ? initial : /^y(es)?$/i.test(answer);
    },
    input: message => ask(streams, `${message} `, true),
  };
}

/** One line, trimmed. */
function ask(streams: PromptStreams, question: string, mayBeEmpty = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: streams.input, output: streams.output, terminal: true, historySize: 0 });
    let isAnswered = false;
    const leave = () => lines.close();
    streams.signal.addEventListener('abort', leave, { once: true });
    lines.once('SIGINT', leave);
    lines.once('close', () => {
      streams.signal.removeEventListener('abort', leave);
      if (!isAnswered) reject(new InterruptedError('cancelled; nothing changed'));
    });
    lines.question(question, answer => {
      const text = answer.trim();
      isAnswered = text !== '' || mayBeEmpty;
      lines.close();
      resolve(text);
    });
  });
}
