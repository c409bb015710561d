/**
 * A command line without secret values, for records.
 * Rules: a word that may contain a secret at an unknown position is masked whole. In a word that contains a token or key, only the token or key is masked.
 */

const MASK = '********';
const SECRET_WORD = '(?:pass|passwd|pwd|password|secret|token|credential|api[-_]?key|private[-_]?key|access[-_]?key)';
/** A flag whose value is the next word. */
const SECRET_FLAG = new RegExp(
  `^--?(?:[\\w.-]*${SECRET_WORD}[\\w.-]*|client[-_]key|from[-_]literal|header|H|key|set|set[-_]string|u|user)$`,
  'i',
);
/** `NAME=VALUE`, `--flag=VALUE`: the value is masked. */
const SECRET_PAIR = new RegExp(
  `^(--?(?:client[-_]key|from[-_]literal|key|set|set[-_]string)|[\\w.-]*${SECRET_WORD}[\\w.-]*|key)=(.+)$`,
  'is',
);
/** Within a script, a URL, a header or JSON. */
const SECRET_INSIDE = new RegExp(
  `${SECRET_WORD}[\\w.-]*["']?\\s*[:=]\\s*\\S|--from[-_]literal|://[^/\\s:@]+:[^@\\s]+@|\\b(?:Bearer|Basic)\\s+\\S|stringData|["']data["']\\s*:|-----BEGIN`,
  'i',
);
/** The name of an environment variable and its value, as in `set env` and `run --env`. */
const VARIABLE = /^(--env=|-e=?)?([A-Za-z_][\w.-]*)=(.+)$/s;
/** A patch, or what overrides a pod. */
const PATCH_FLAG = /^(-p|--patch|--overrides)$/;
/** With its value in the same word: `--patch=VALUE`, `-p=VALUE`, `-pVALUE`. */
const PATCH_PAIR = /^(-p=?|--(?:patch|overrides)=)(.+)$/s;
/** `sh -c SCRIPT` without flags. */
const PLAIN_SCRIPT = /^(?!.*\blogin\b)[\w ./|]+$/;
/** A field of a patch whose values may be secret. */
const PATCH_FIELD = new RegExp(`${SECRET_WORD}|data|value|env|annotations`, 'i');
/** Parts of a word that are tokens by their form: JWTs, and keys of GitHub, GitLab, Slack and AWS. */
const TOKEN = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\b(?:gh[pousr]_|glpat-|xox[abprs]-|AKIA|ASIA)[\w-]{12,}/g;
/** A part of a word that may be a key. */
const RUN = /[A-Za-z0-9+_-]{20,}={0,2}/g;
/** Bits of a character (Shannon), above which a run counts as a key. */
const MANY_BITS = 3.8;

export interface MaskHints {
  /** The command sets environment variables, whatever its words say (a kuberc alias of `set env`). */
  readonly setsVariables?: boolean;
}

export function maskedCommand(
  words: readonly string[],
  { setsVariables = false }: MaskHints = {},
): { command: string[]; isMasked: boolean } {
  let isMasked = false;
  let before = '';
  const withEnv = setsVariables || words.some(word => /^(env|-e.*|--env(=.*)?)$/s.test(word));
  const dashes = words.indexOf('--');
  const command = words.map((word, i) => {
    // Another program runs there, whose flags are not known.
    const isForeign = dashes !== -1 && i > dashes + 1;
    const shown = maskedWord(word, { before, withEnv, isForeign });
    before = word;
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

interface Place {
  /** The word before it. */
  readonly before: string;
  readonly withEnv: boolean;
  readonly isForeign: boolean;
}

function maskedWord(word: string, { before, withEnv, isForeign }: Place): string {
  const isValue = SECRET_FLAG.test(before);
  const [, flag, patch] = PATCH_PAIR.exec(word) ?? [];
  if (patch !== undefined && !isForeign && !isPlainPatch(patch)) return `${flag}${MASK}`;
  if (PATCH_FLAG.test(before) && !isForeign && !word.startsWith('-') && !isPlainPatch(word)) return MASK;
  const pair = SECRET_PAIR.exec(word);
  if (pair && !isValue) return `${pair[1]}=${MASK}`;
  const variable = withEnv ? VARIABLE.exec(word) : null;
  if (variable && !isValue) return `${variable[1] ?? ''}${variable[2]}=${MASK}`;
  if (isValue || SECRET_INSIDE.test(word)) return MASK;
  if (isForeign) {
    // `-pSECRET`, `-p SECRET`, a script, `login SECRET`.
    const [, letter] = /^(-[A-Za-z])[^-\s]/.exec(word) ?? [];
    if (letter !== undefined) return `${letter}${MASK}`;
    if (/^(-[A-Za-z]|login)$/.test(before) && !(before === '-c' && PLAIN_SCRIPT.test(word))) return MASK;
  }
  return word.replace(TOKEN, MASK).replace(RUN, run => (looksLikeKey(run) ? MASK : run));
}

/** JSON without a field that may be secret, such as `{"spec":{"replicas":0}}`. */
function isPlainPatch(text: string): boolean {
  try {
    return isPlainValue(JSON.parse(text));
  } catch {
    return false;
  }
}

function isPlainValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlainValue);
  if (typeof value !== 'object' || value === null) return !(typeof value === 'string' && isSecretValue('', value));
  const fields = value as Record<string, unknown>;
  // JSON Patch (RFC 6902): the path says which field it is.
  if (typeof fields['path'] === 'string')
    return !PATCH_FIELD.test(fields['path']) && isPlainValue(fields['value'] ?? null);
  return Object.entries(fields).every(([name, inner]) => !PATCH_FIELD.test(name) && isPlainValue(inner));
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
