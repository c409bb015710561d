/** Configuration values and their sources. */
import type { Io } from '../platform/io.ts';

export type ConfigValue = string | readonly string[] | readonly number[] | Readonly<Record<string, string>>;

export interface Setting {
  readonly value: ConfigValue;
  /** `flag`, `default`, an environment variable's name, or `file:line`. */
  readonly source: string;
}

export type ConfigIo = Pick<Io, 'env' | 'home' | 'platform' | 'cwd'>;
