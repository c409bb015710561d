/** Reads all of stdin. */
import { UsageError } from '../../errors.ts';
import type { Io } from '../io.ts';

/** Reads stdin to its end. Throws UsageError when it is longer than `maxBytes`. */
export async function readStdin(io: Pick<Io, 'stdin'>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of io.stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as string);
    length += bytes.length;
    if (length > maxBytes) throw new UsageError(`stdin is longer than ${maxBytes} bytes`, { code: 'long_stdin' });
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
