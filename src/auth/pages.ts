/** The two small pages that a browser shows when a login is over. */
import { page } from '../lib/html-page.ts';

export function donePage(): string {
  return page('You are logged in', 'You can close this tab and go back to the terminal.');
}

export function refusedPage(reason: string): string {
  return page('The login did not work', `${reason} The terminal says more.`);
}
