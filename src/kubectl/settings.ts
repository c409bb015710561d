/** The settings for finding or downloading kubectl. */
import type { Paths } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';
import type { HttpClient } from '../platform/net/http-types.ts';

export interface KubectlSettings {
  readonly path: string | undefined;
  readonly mirror: string;
  readonly paths: Paths;
  readonly http: () => Promise<HttpClient>;
  /** Shows the progress of a download. */
  readonly progress: (text: string) => void;
  readonly say: (line: string) => void;
  /** True: download nothing. */
  readonly offline: boolean;
}

export type KubectlIo = Pick<Io, 'env' | 'platform' | 'arch' | 'self' | 'sleep' | 'signal' | 'cwd' | 'now'>;
