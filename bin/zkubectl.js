#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { createSystemIo, finish, main } from '../dist/main.js';

await finish(await main(process.argv.slice(2), createSystemIo(fileURLToPath(import.meta.url))));
