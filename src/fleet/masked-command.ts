/** A command line without secret values, for records. */

const MASK = '********';
/** Flags whose value is a secret, or can be one: `--from-literal=password=…`. */
const SECRET_FLAGS = /^--(token|password|client-key|from-literal|docker-password|certificate|key|secret)(=|$)/;
/** `DB_PASSWORD=…`, as `set env` and many programs take it. */
const SECRET_PAIR = /^([A-Za-z_][\w.-]*(?:pass|password|secret|token|credential|key)[\w.-]*)=(.+)$/i;

export function maskedCommand(words: readonly string[]): { command: string[]; isMasked: boolean } {
  let isMasked = false;
  let isValue = false;
  const command = words.map(word => {
    const wasValue = isValue;
    isValue = SECRET_FLAGS.test(word) && !word.includes('=');
    const pair = SECRET_PAIR.exec(word);
    if (!wasValue && !(SECRET_FLAGS.test(word) && word.includes('=')) && !pair) return word;
    isMasked = true;
    if (wasValue) return MASK;
    return `${word.slice(0, word.indexOf('='))}=${MASK}`;
  });
  return { command, isMasked };
}
