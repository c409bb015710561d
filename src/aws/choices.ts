/** The user's own names for pairs of account and role, and the default pair, in the state folder. */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { withLock } from '../platform/files/lock.ts';
import { noteAt } from '../platform/files/notes.ts';
import { lockDir, STATE } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';

const LOCK_TIMEOUT_MS = 10_000;

type LockIo = Pick<Io, 'now' | 'sleep' | 'signal'>;

/** As the user typed it: the account is an id or a name. */
export interface AccountAndRole {
  readonly account: string;
  readonly role: string;
}

export interface AwsChoices {
  readonly default: AccountAndRole | undefined;
  readonly aliases: Readonly<Record<string, AccountAndRole>>;
}

export interface AwsChoiceStore {
  read(): AwsChoices;
  /** Changes what is stored, under a lock. Throws Node's error when the file cannot be written. */
  change(change: (choices: AwsChoices) => AwsChoices): Promise<void>;
}

export function awsChoices(io: LockIo, stateDir: string): AwsChoiceStore {
  const note = noteAt(path.join(stateDir, STATE.awsChoices), parse);
  const read = () => note.read() ?? { default: undefined, aliases: {} };
  return {
    read,
    change: change =>
      withLock(io, lockDir(stateDir, 'aws-accounts'), { timeoutMs: LOCK_TIMEOUT_MS }, async () =>
        note.write(change(read())),
      ),
  };
}

function parse(value: unknown): AwsChoices | undefined {
  if (!isRecord(value)) return undefined;
  const aliases = isRecord(value['aliases']) ? value['aliases'] : {};
  return {
    default: parsePair(value['default']),
    aliases: Object.fromEntries(
      Object.entries(aliases).flatMap(([name, pair]) => {
        const parsed = parsePair(pair);
        return parsed === undefined ? [] : [[name, parsed]];
      }),
    ),
  };
}

function parsePair(value: unknown): AccountAndRole | undefined {
  if (!isRecord(value)) return undefined;
  const { account, role } = value;
  return typeof account === 'string' && typeof role === 'string' ? { account, role } : undefined;
}
