// Takes the README's picture: the built-in lab in the middle of its rolling update.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { open, ready, start } from './lab.mjs';
