/** The user's own names for pairs of account and role, and the default pair, in the state folder. */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { noteAt } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';

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
  /** Throws Node's error when the file cannot be written. */
  write(choices: AwsChoices): void;
}

export function awsChoices(stateDir: string): AwsChoiceStore {
  const note = noteAt(path.join(stateDir, STATE.awsChoices), parse);
  return {
    read: () => note.read() ?? { default: undefined, aliases: {} },
    write: choices => note.write(choices),
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
