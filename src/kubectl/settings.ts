/** What finding a kubectl needs. */
import type { HttpClient } from '../platform/http.ts';
import type { Io } from '../platform/io.ts';
import type { Paths } from '../platform/paths.ts';

export interface KubectlSettings {
  readonly path: string | undefined;
  readonly mirror: string;
  readonly paths: Paths;
  readonly http: () => Promise<HttpClient>;
  readonly onProgress: (received: number, total: number | undefined) => void;
  readonly say: (line: string) => void;
  /** Nothing is downloaded. */
  readonly offline: boolean;
}

export type KubectlIo = Pick<Io, 'env' | 'platform' | 'arch' | 'self' | 'sleep' | 'signal' | 'cwd'>;
