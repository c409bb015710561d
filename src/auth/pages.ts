/** The two pages that the browser shows after a login. */
import { page } from '../lib/html-page.ts';

export function donePage(): string {
  return page('You are logged in', 'You can close this tab and go back to the terminal.');
}

export function refusedPage(reason: string): string {
  return page('The login failed', `${reason} See the terminal for details.`);
}
