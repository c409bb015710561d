/** A command line without secret values, for records. Rule: a word that can have a secret anywhere is masked whole. */

const MASK = '********';
const SECRET_WORD = '(?:pass|passwd|password|secret|token|credential|api-?key|private-?key|access-?key)';
/** A flag whose value is the next word. */
const SECRET_FLAG = new RegExp(
  `^--?(?:[\\w.-]*${SECRET_WORD}[\\w.-]*|client-key|from-literal|header|H|key|set|set-string|u|user)$`,
  'i',
);
/** `NAME=VALUE`, `--flag=VALUE`: the value is masked. */
const SECRET_PAIR = new RegExp(
  `^(--?(?:client-key|from-literal|key|set|set-string)|[\\w.-]*${SECRET_WORD}[\\w.-]*|key)=(.+)$`,
  'is',
);
/** Within a script, a URL, a header or JSON. */
const SECRET_INSIDE = new RegExp(
  `${SECRET_WORD}[\\w.-]*["']?\\s*[:=]\\s*\\S|--from-literal|://[^/\\s:@]+:[^@\\s]+@|\\b(?:Bearer|Basic)\\s+\\S|stringData|["']data["']\\s*:`,
  'i',
);

export function maskedCommand(words: readonly string[]): { command: string[]; isMasked: boolean } {
  let isMasked = false;
  let isValue = false;
  const command = words.map(word => {
    const wasValue = isValue;
    isValue = SECRET_FLAG.test(word);
    const pair = SECRET_PAIR.exec(word);
    if (!wasValue && !pair && !SECRET_INSIDE.test(word)) return word;
    isMasked = true;
    return pair && !wasValue ? `${pair[1]}=${MASK}` : MASK;
  });
  return { command, isMasked };
}
