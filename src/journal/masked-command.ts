/**
 * A command line without secret values, for records.
 * Rules: a word that may contain a secret at an unknown position is masked whole. In a word that contains a token or key, only the token or key is masked.
 */

const MASK = '********';
const SECRET_WORD = '(?:pass|passwd|password|secret|token|credential|api[-_]?key|private[-_]?key|access[-_]?key)';
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
  `${SECRET_WORD}[\\w.-]*["']?\\s*[:=]\\s*\\S|--from-literal|://[^/\\s:@]+:[^@\\s]+@|\\b(?:Bearer|Basic)\\s+\\S|stringData|["']data["']\\s*:|-----BEGIN`,
  'i',
);
/** The name of an environment variable and its value, as in `set env` and `run --env`. */
const VARIABLE = /^(--env=)?([A-Za-z_]\w*)=(.+)$/s;
/** Parts of a word that are tokens by their form: JWTs, and keys of GitHub, GitLab, Slack and AWS. */
const TOKEN = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\b(?:gh[pousr]_|glpat-|xox[abprs]-|AKIA|ASIA)[\w-]{12,}/g;
/** A part of a word that may be a key. */
const RUN = /[A-Za-z0-9+_-]{20,}={0,2}/g;
/** Bits of a character (Shannon), above which a run counts as a key. */
const MANY_BITS = 3.8;

export function maskedCommand(words: readonly string[]): { command: string[]; isMasked: boolean } {
  let isMasked = false;
  let isValue = false;
  const withEnv = words.some(word => /^(env|-e|--env(=.*)?)$/s.test(word));
  const command = words.map(word => {
    const wasValue = isValue;
    isValue = SECRET_FLAG.test(word);
    const shown = maskedWord(word, wasValue, withEnv);
    isMasked ||= shown !== word;
    return shown;
  });
  return { command, isMasked };
}

/** Is this the value of a field, variable or key that must not be kept? */
export function isSecretValue(name: string, value: string): boolean {
  if (new RegExp(SECRET_WORD, 'i').test(name) && !/name$|ref$/i.test(name)) return true;
  return (
    SECRET_INSIDE.test(value) ||
    value.replace(TOKEN, '').length !== value.length ||
    (value.match(RUN) ?? []).some(looksLikeKey)
  );
}

function maskedWord(word: string, isValue: boolean, withEnv: boolean): string {
  const pair = SECRET_PAIR.exec(word);
  if (pair && !isValue) return `${pair[1]}=${MASK}`;
  const variable = withEnv ? VARIABLE.exec(word) : null;
  if (variable && !isValue) return `${variable[1] ?? ''}${variable[2]}=${MASK}`;
  if (isValue || SECRET_INSIDE.test(word)) return MASK;
  return word.replace(TOKEN, MASK).replace(RUN, run => (looksLikeKey(run) ? MASK : run));
}

/** Many different characters of several kinds, as in a random key. Hashes and Kubernetes names are not keys. */
function looksLikeKey(run: string): boolean {
  if (/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(run)) return false;
  if (/^[0-9a-f]{32,}$/i.test(run)) return true;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter(kind => kind.test(run)).length;
  return kinds === 3 && bitsOf(run) >= MANY_BITS;
}

function bitsOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
