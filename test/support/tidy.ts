/** Removes the temporary folders after each test file, because Vitest workers get no event when they end. */
import { afterAll } from 'vitest';
import { removeTempDirs } from './io.ts';

afterAll(() => removeTempDirs());
