/** The pages that the browser shows after a login. */
import { page } from '../lib/html-page.ts';

export function donePage(): string {
  return page('You are logged in', 'You can close this tab and go back to the terminal.');
}

/** Between two of many logins. A browser follows so many redirects only, and a page shows how far it is. */
export function nextPage(next: string, { done, total }: LoginProgress): string {
  return page(`${done} of ${total} logins are done`, 'The next one follows by itself.', next);
}

/** How far many logins are. */
export interface LoginProgress {
  readonly done: number;
  readonly total: number;
}

export function refusedPage(reason: string): string {
  return page('The login failed', `${reason} See the terminal for details.`);
}
