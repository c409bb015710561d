/** Manifests, document by document. */
import path from 'node:path';
import { isRecord, recordsAt } from '../lib/json.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { readText } from '../platform/files/read.ts';
import { parseAllDocuments } from '../platform/libraries/yaml.ts';
import { isWarning } from './guard-delete.ts';
import { filesOf } from './inputs.ts';
import type { KubectlLine } from './line.ts';

/** More documents are not looked at one by one. */
const MOST = 50;

const MISSING =
  /\(NotFound\): |^error: (resource mapping not found|unable to recognize|no objects passed)|no matches for kind |^ensure CRDs are installed first/;

/** Objects, namespaces or kinds that are not there have no replicas to lose. kubectl reports them again. */
export function isOnlyMissing(stderr: string): boolean {
  const said = stderr.split('\n').filter(line => line.trim() !== '' && !isWarning(line));
  return said.length > 0 && said.every(line => MISSING.test(line));
}

/**
 * A file for each document of a line's files.
 * @param folder a private folder, in which the line's files are already copied
 * @returns undefined when the line has no files
 */
export function documentFiles(line: KubectlLine, folder: string): string[] | 'unreadable' | undefined {
  const files = filesOf(line);
  if (files.length === 0) return undefined;
  try {
    const objects = files.flatMap(file => objectsInYaml(readText(file) ?? ''));
    if (objects.length > MOST) return 'unreadable';
    return objects.map((object, i) => {
      const file = path.join(folder, 'documents', `${String(i + 1).padStart(4, '0')}.json`);
      writeStateFile(file, JSON.stringify(object));
      return file;
    });
  } catch {
    return 'unreadable';
  }
}

/** The objects of a manifest. Lists are split into their items. Throws for what is not YAML. */
export function objectsInYaml(text: string): Record<string, unknown>[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap(document => {
    if (document.errors.length > 0) throw new Error('not YAML');
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (!isRecord(value)) return [];
    return Array.isArray(value['items']) ? recordsAt(value, 'items') : [value];
  });
}
