/**
 * Questions for a screen reader or a terminal that cannot redraw (ZKUBECTL_PLAIN, TERM=dumb): lines that come one after the other, and an answer on one.
 * Rules: an empty answer, Ctrl-C and Ctrl-D leave all as it was (InterruptedError, exit 130).
 */
import { createInterface } from 'node:readline';
import { InterruptedError } from '../../errors.ts';
import { bestMatches } from '../../lib/fuzzy.ts';
import type { Choice, Prompter, PromptStreams } from '../io.ts';

/** So many choices are read out at once. */
const SHOWN = 30;

export function createPlainPrompter(streams: PromptStreams): Pick<Prompter, 'pick' | 'confirm' | 'input'> {
  const say = (line: string) => streams.output.write(`${line}\n`);
  return {
    pick: async <T>(message: string, choices: readonly Choice<T>[]) => {
      let shown = choices;
      for (;;) {
        say(message);
        for (const [i, choice] of shown.slice(0, SHOWN).entries())
          say(`${i + 1}. ${choice.name.replace(/ {2,}/g, ', ')}`);
        if (shown.length > SHOWN) say(`and ${shown.length - SHOWN} more`);
        const answer = await ask(streams, 'a number, or a part of a name; nothing leaves all as it is: ');
        const picked = /^\d+$/.test(answer) ? shown[Number(answer) - 1] : undefined;
        if (picked && Number(answer) <= SHOWN) return picked.value;
        const matches = bestMatches(choices, answer, choice => choice.name);
        if (matches.length === 0) say(`nothing matches ${answer}`);
        else shown = matches;
      }
    },
    confirm: async (message, initial = false) => {
      const answer = await ask(
        streams,
        `${message} ${initial ? 'yes' : 'no'} if you only press Enter, or type yes or no: `,
        true,
      );
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
      if (!isAnswered) reject(new InterruptedError('left without an answer'));
    });
    lines.question(question, answer => {
      const text = answer.trim();
      isAnswered = text !== '' || mayBeEmpty;
      lines.close();
      resolve(text);
    });
  });
}
