/** What finding a kubectl needs. */
import type { Paths } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';
import type { HttpClient } from '../platform/net/http-types.ts';

export interface KubectlSettings {
  readonly path: string | undefined;
  readonly mirror: string;
  readonly paths: Paths;
  readonly http: () => Promise<HttpClient>;
  /** Told how far a download is. */
  readonly progress: (text: string) => void;
  readonly say: (line: string) => void;
  /** Nothing is downloaded. */
  readonly offline: boolean;
}

export type KubectlIo = Pick<Io, 'env' | 'platform' | 'arch' | 'self' | 'sleep' | 'signal' | 'cwd' | 'now'>;
